"""LeadByte's REST and classic form APIs: routes and wire formats only."""

from leadyard.dialects.leadbyte.app import LeadByteDialect

__all__ = ["LeadByteDialect"]
