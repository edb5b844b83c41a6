"""Report windows in an account's own time zone (docs/leadbyte.md, "Reports")."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec

from leadyard.kit.errors import LeadyardError

GROUPS = ("Campaign", "Day", "Week", "Month", "Hour")

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_SECOND = timedelta(seconds=1)
_SHAPE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,12}))?)?"
    # A "+" that was not escaped in a URL arrives as a blank.
    r" ?(?P<zone>Z|(?P<sign>[+\- ])(?P<hours>\d{2}):?(?P<minutes>\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)


class BadPeriodError(LeadyardError):
    """A report window that cannot be read; the message names the parameter."""


class Period(msgspec.Struct, frozen=True):
    """A window of time: both ends in UTC, the start inside, the end outside."""

    start: datetime
    end: datetime


class _Edge(msgspec.Struct, frozen=True):
    """One end as given: its moment in UTC, and its local day if that is all the caller gave."""

    moment: datetime
    day: date | None = None


def resolve(
    from_text: str | None, to_text: str | None, preset: str | None, *, now: datetime, zone: ZoneInfo
) -> Period:
    """Turn the parameters from, to and datePreset into a window; a preset wins over dates.

    Dates without a zone are account time, `zone`. Raises BadPeriodError.
    """
    from_text, to_text = (from_text or "").strip(), (to_text or "").strip()
    chosen = (preset or "").strip()
    try:
        if chosen:
            return _preset_period(chosen, now, zone)
        if not from_text:
            raise BadPeriodError("from or datePreset is required")
        start = _edge("from", from_text, zone, fold=0)
        if not to_text:
            return Period(start.moment, max(start.moment, now.astimezone(UTC) + _SECOND))
        return _between(start, _edge("to", to_text, zone, fold=1), zone)
    except OverflowError:
        raise BadPeriodError("from or to is too far from the present") from None


def _between(start: _Edge, end: _Edge, zone: ZoneInfo) -> Period:
    if end.day is None:
        if end.moment < start.moment:
            raise BadPeriodError("to is before from")
        return Period(start.moment, end.moment + _SECOND)
    if end.day < (start.day or start.moment.astimezone(zone).date()):
        raise BadPeriodError("to is before from")
    return Period(start.moment, local_midnight(end.day + _DAY, zone))


def _edge(name: str, text: str, zone: ZoneInfo, *, fold: int) -> _Edge:
    """Read one end; of a local time that happens twice, from takes the first and to the second."""
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise BadPeriodError(f"{name} is not a valid date")
    try:
        day = date.fromisoformat(parts["day"])
        if parts["hour"] is None:
            return _Edge(local_midnight(day, zone), day)
        clock = time(
            int(parts["hour"]),
            int(parts["minute"]),
            int(parts["second"] or 0),
            int((parts["fraction"] or "0")[:6].ljust(6, "0")),
        )
        if parts["zone"] is None:
            return _Edge(local_moment(datetime.combine(day, clock), zone, fold=fold))
        return _Edge(datetime.combine(day, clock, _offset(parts)).astimezone(UTC))
    except ValueError:
        raise BadPeriodError(f"{name} is not a valid date") from None


def _offset(parts: re.Match[str]) -> timezone:
    if parts["sign"] is None:
        return UTC
    hours, minutes = int(parts["hours"]), int(parts["minutes"] or 0)
    if minutes >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError("not an offset")
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if parts["sign"] == "-" else distance)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the moment, in UTC, at which a local day begins, also where the clocks jump over midnight."""
    return local_moment(datetime.combine(day, time.min), zone, fold=0)


def local_moment(wall: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """Give the moment, in UTC, of a local time; one that the clocks jump over is the moment of the jump."""
    moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _jump(wall, zone)


def _jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """Find the moment at which the clocks jump over a local time that never happens."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    seconds_before, seconds_after = int(before.timestamp()), int(after.timestamp()) + 1
    while seconds_after - seconds_before > 1:
        middle = (seconds_before + seconds_after) // 2
        local = datetime.fromtimestamp(middle, zone).replace(tzinfo=None)
        if local < wall:
            seconds_before = middle
        else:
            seconds_after = middle
    return datetime.fromtimestamp(seconds_after, UTC)


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _this_week(today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    return monday, monday + _WEEK


def _last_week(today: date) -> tuple[date, date]:
    monday, _ = _this_week(today)
    return monday - _WEEK, monday


def _last_month(today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    return (first - _DAY).replace(day=1), first


_PRESETS: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today + _DAY),
    "yesterday": lambda today: (today - _DAY, today),
    "this_week": _this_week,
    "lastweek": _last_week,
    "last_week": _last_week,
    "last_7d": lambda today: (today - 6 * _DAY, today + _DAY),
    "last_30d": lambda today: (today - 29 * _DAY, today + _DAY),
    "this_month": lambda today: (today.replace(day=1), _first_of_next_month(today)),
    "last_month": _last_month,
    "this_year": lambda today: (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
}


def _preset_period(preset: str, now: datetime, zone: ZoneInfo) -> Period:
    days = _PRESETS.get(preset.lower())
    if days is None:
        raise BadPeriodError("datePreset is not a known preset")
    first, end = days(now.astimezone(zone).date())
    return Period(local_midnight(first, zone), local_midnight(end, zone))


def read_group(text: str | None) -> str:
    """Read groupBy in any case, Campaign when it is absent; raises BadPeriodError for an unknown one."""
    wanted = (text or "").strip().lower() or "campaign"
    for group in GROUPS:
        if group.lower() == wanted:
            return group
    raise BadPeriodError("groupBy is not a known group")


def group_key(at: datetime, group: str, zone: ZoneInfo) -> str:
    """Label the time group of a moment in account time: Day, Week (its Monday), Month or Hour."""
    local = at.astimezone(zone)
    day = local.date()
    if group == "Day":
        return day.isoformat()
    if group == "Week":
        return (day - timedelta(days=day.weekday())).isoformat()
    if group == "Month":
        return day.isoformat()[:7]
    if group == "Hour":
        return f"{day.isoformat()} {local.hour:02d}:00"
    raise ValueError(f"{group} is not a time group")
