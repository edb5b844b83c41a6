"""Cuts a window into the stretches that a report shows as rows, and each stretch into whole hours and the rest."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from leadyard.reports.model import hour_of
from leadyard.reports.periods import Period, group_key

NO_TIME_GROUP = "Campaign"
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


class Segment(msgspec.Struct, frozen=True):
    """A stretch of a window whose leads share a label; labels may come twice when clocks go back."""

    start: datetime
    label: str | None


class Hours(msgspec.Struct, frozen=True):
    """How a window is read: whole UTC hours from roll-ups, the rest from the leads themselves.

    `starts` to `ends` are the whole hours, without those in `straddling`; `parts` are the rest of the window.
    """

    starts: datetime
    ends: datetime
    straddling: tuple[datetime, ...]
    parts: tuple[tuple[datetime, datetime], ...]


def segments_of(period: Period, group: str, zone: ZoneInfo) -> list[Segment]:
    """Cut a window where the group's label changes in local time; one segment without a label for no time group.

    Exact in any zone: a label can only change where local time passes a boundary or a clock is put forward or
    back, and each such instant is looked at.
    """
    if group == NO_TIME_GROUP:
        return [Segment(period.start, None)]
    step = _HOUR if group == "Hour" else _DAY
    found: list[Segment] = []
    for at in sorted({period.start, *_boundaries(period, step, zone), *_clock_changes(period, zone)}):
        label = group_key(at, group, zone)
        if not found or found[-1].label != label:
            found.append(Segment(at, label))
    return found


def hours_of(period: Period, segments: list[Segment]) -> Hours:
    """Tell which hours of a window can be read whole, and which stretches must be counted lead by lead."""
    starts, ends = hour_of(period.start - _MICROSECOND) + _HOUR, hour_of(period.end)
    if starts >= ends:
        return Hours(period.start, period.start, (), ((period.start, period.end),))
    straddling = tuple(
        sorted(
            {hour_of(s.start) for s in segments if s.start != hour_of(s.start) and starts <= s.start < ends}
        )
    )
    parts = [(period.start, starts), *((hour, hour + _HOUR) for hour in straddling), (ends, period.end)]
    return Hours(starts, ends, straddling, tuple(_joined(parts)))


def _joined(parts: list[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    start, end = parts[0]
    for next_start, next_end in parts[1:]:
        if next_start > end:
            if start < end:
                yield start, end
            start = next_start
        end = next_end
    if start < end:
        yield start, end


def _boundaries(period: Period, step: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    local = period.start.astimezone(zone).replace(tzinfo=None, fold=0, minute=0, second=0, microsecond=0)
    if step == _DAY:
        local = local.replace(hour=0)
    local -= _DAY
    last = period.end.astimezone(zone).replace(tzinfo=None, fold=0) + _DAY
    while local <= last:
        for fold in (0, 1):
            at = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if period.start < at < period.end:
                yield at
        local += step


def _clock_changes(period: Period, zone: ZoneInfo) -> Iterator[datetime]:
    before = period.start
    while before < period.end:
        after = min(before + _DAY, period.end)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            change = _first_with_offset_of(after, before, zone)
            if change < period.end:
                yield change
        before = after


def _first_with_offset_of(after: datetime, before: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > _MICROSECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
