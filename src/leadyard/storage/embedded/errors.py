"""Why the embedded database cannot be had."""

from leadyard.kit.errors import LeadyardError


class EmbeddedPostgresError(LeadyardError):
    """The embedded PostgreSQL cannot be set up, started or stopped; the message says what to do."""
