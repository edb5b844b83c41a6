"""The one place that reads the clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the present instant in UTC."""
    return datetime.now(UTC)
