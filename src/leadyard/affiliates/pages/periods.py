"""The periods of a dashboard's charts, cut into the spans of their bars (pure)."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

_WEEKS = 13
_MONTHS = 12


class Period(StrEnum):
    """How far back a chart goes."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "13w"
    YEAR = "12m"

    @property
    def words(self) -> str:
        """The period as people read it."""
        return {"7d": "7 days", "30d": "30 days", "13w": "13 weeks", "12m": "12 months"}[self.value]


class Span(msgspec.Struct, frozen=True):
    """The days of one bar, both ends in it."""

    first: date
    last: date
    label: str


def spans(period: Period, today: date) -> list[Span]:
    """Cut a period that ends today into days, weeks or calendar months, the oldest first."""
    if period is Period.YEAR:
        return _months(today)
    if period is Period.QUARTER:
        ends = [today - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
        return [Span(end - timedelta(days=6), end, f"week to {_day(end)}") for end in ends]
    count = 7 if period is Period.WEEK else 30
    days = [today - timedelta(days=back) for back in reversed(range(count))]
    return [Span(day, day, _day(day)) for day in days]


def instant(day: date, time_zone: str) -> datetime:
    """Tell when a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(time_zone))


def _months(today: date) -> list[Span]:
    found = []
    last = today
    for _ in range(_MONTHS):
        first = last.replace(day=1)
        found.append(Span(first, last, f"{first:%b %Y}"))
        last = first - timedelta(days=1)
    return found[::-1]


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
