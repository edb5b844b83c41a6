"""How far old evidence was removed, per account."""

from leadyard.storage.tables.base import moment, number, tenant

retention_progress = tenant(
    "retention_progress",
    number("looked_to", default=0),
    moment("pass_started_at", now=True),
    moment("gone_before", nullable=True),
    key=(),
)
"""`looked_to` is the last lead whose traces were looked at; of leads received before `gone_before` some are removed."""
