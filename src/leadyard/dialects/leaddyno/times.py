"""Dates of parameters (docs/leaddyno.md, "Lists, dates, amounts")."""

import re
from datetime import UTC, datetime, timedelta, timezone

from leadyard.kit.paging import Created

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
    r"(?: ?Z| ?UTC| ?(?P<sign>[+ -])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?))?",
    re.ASCII | re.IGNORECASE,
)
_MICROSECOND_DIGITS = 6
_SECOND = timedelta(seconds=1)
_LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def read_moment(text: str) -> datetime | None:
    """Read `2020-06-20 21:28:35 UTC`, `2020-06-20T21:28:35Z` with fractions or an offset, or `2020-06-20`; else None.

    A blank may stand before the offset, and the plus sign may have become a blank on its way.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    fraction = (match[7] or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    try:
        zone = timezone(-offset if match["sign"] == "-" else offset)
        at = datetime(year, month, day, hour, minute, second, int(fraction), zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def created_within(after: datetime | None, before: datetime | None) -> Created:
    """Turn filters that exclude their own second into instants: from the first on, before the second."""
    first = last = None
    if after is not None:
        whole = after.replace(microsecond=0)
        first = whole + _SECOND if whole < _LAST_SECOND else _LAST_SECOND
    if before is not None:
        last = before.replace(microsecond=0)
    return Created(first, last)
