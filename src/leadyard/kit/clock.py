"""The one place that reads the clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the present instant in UTC."""
    return datetime.now(UTC)


def whole_second(at: datetime) -> datetime:
    """Cut an instant to its second: what lists show and are ordered by, before the id."""
    return at.replace(microsecond=0)
