"""Schedules: when a delivery or a buyer takes leads, by the wall clock of the account's time zone.

A schedule is open at an instant when the local date is not closed and the local time of day lies in one of that
weekday's windows, or in what a window of the day before leaves after midnight. So an hour that comes twice when
clocks go back is open twice, and a time that is left out when they go forward is never open.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

_DAY_MINUTES = 24 * 60
_DAY = timedelta(days=1)
_WEEKS_TO_SPARE = 3

Opening = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Local time of day, HH:MM.")
]
Closing = Annotated[
    str,
    Meta(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="Local time of day, HH:MM; not after the opening means on the next day.",
    ),
]


class Window(msgspec.Struct, frozen=True):
    """A stretch of open time; its end is the first minute that is closed again."""

    opens: Opening
    closes: Closing


Windows = Annotated[tuple[Window, ...], Meta(max_length=12)]


class WhenClosed(StrEnum):
    """What becomes of a lead that comes while it is closed: pass it over, or keep it until it opens."""

    SKIP = "skip"
    HOLD = "hold"


class Schedule(msgspec.Struct, frozen=True, cache_hash=True):
    """Open hours by weekday, in the account's time zone; a weekday without windows is closed.

    `hold` keeps leads only outside advanced distribution; inside it a closed delivery is always passed over.
    """

    monday: Windows = ()
    tuesday: Windows = ()
    wednesday: Windows = ()
    thursday: Windows = ()
    friday: Windows = ()
    saturday: Windows = ()
    sunday: Windows = ()
    closed_dates: Annotated[tuple[date, ...], Meta(max_length=400)] = ()
    when_closed: WhenClosed = WhenClosed.SKIP


class _Week(msgspec.Struct, frozen=True):
    """A schedule in minutes of the local day: each weekday's stretches, the tail of the day before included."""

    stretches: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date]


@lru_cache(maxsize=4096)
def _week(schedule: Schedule) -> _Week:
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    windows = (
        schedule.monday,
        schedule.tuesday,
        schedule.wednesday,
        schedule.thursday,
        schedule.friday,
        schedule.saturday,
        schedule.sunday,
    )
    for weekday, listed in enumerate(windows):
        for window in listed:
            opens, closes = _minutes(window.opens), _minutes(window.closes)
            if closes > opens:
                days[weekday].append((opens, closes))
            else:
                days[weekday].append((opens, _DAY_MINUTES))
                days[(weekday + 1) % 7].append((0, closes))
    stretches = tuple(tuple(sorted(each for each in day if each[0] < each[1])) for day in days)
    return _Week(stretches, frozenset(schedule.closed_dates))


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def is_open(schedule: Schedule, at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether leads are taken at an instant."""
    week = _week(schedule)
    local = at.astimezone(zone)
    if local.date() in week.closed:
        return False
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in week.stretches[local.weekday()])


def all_open_at(schedules: Sequence[Schedule], after: datetime, zone: ZoneInfo) -> datetime | None:
    """Find the first instant from `after` on at which all of the schedules are open; None when there is none."""
    after = after.astimezone(UTC)
    if all(is_open(schedule, after, zone) for schedule in schedules):
        return after
    weeks = [_week(schedule) for schedule in schedules]
    # Openings repeat weekly but for closed dates and the hours that changing clocks leave out.
    days = 7 * (_WEEKS_TO_SPARE + sum(len(week.closed) for week in weeks))
    first = after.astimezone(zone).date() - _DAY
    for number in range(days):
        for instant in _changes(weeks, first + number * _DAY, zone):
            if instant > after and all(is_open(schedule, instant, zone) for schedule in schedules):
                return instant
    return None


def _changes(weeks: Sequence[_Week], day: date, zone: ZoneInfo) -> list[datetime]:
    """List the instants of a local day at which something may open, in order."""
    weekday = day.weekday()
    if any(day in week.closed or not week.stretches[weekday] for week in weeks):
        return []
    starts = {start for week in weeks for start, _ in week.stretches[weekday]}
    instants = {
        datetime.combine(day, time(start // 60, start % 60), zone).replace(fold=fold).astimezone(UTC)
        for start in starts
        for fold in (0, 1)
    }
    return sorted({*instants, *_clock_changes(day, zone)})


def _clock_changes(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Give the instant at which the clocks of a local day change, if they do."""
    low = datetime.combine(day, time(), zone).astimezone(UTC) - timedelta(hours=3)
    high = low + timedelta(hours=30)
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    # What was searched reaches into the neighbouring days; their changes come in their own turn.
    if high.astimezone(zone).date() == day:
        yield high
