"""LeadDyno's API: routes and wire formats only."""

from leadyard.dialects.leaddyno.app import LeadDynoDialect

__all__ = ["LeadDynoDialect"]
