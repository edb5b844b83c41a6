"""Report windows agree with a slow walk over the clock, minute by minute, in awkward time zones."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadyard.reports.periods import group_key, local_midnight, resolve

ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
     "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo"]
).map(ZoneInfo)  # fmt: skip
MOMENTS = st.datetimes(datetime(2009, 1, 2), datetime(2030, 12, 30), timezones=st.just(UTC)) | st.builds(  # noqa: DTZ001 - hypothesis takes naive bounds
    lambda base, minutes: base + timedelta(minutes=minutes),
    st.sampled_from(
        [
            datetime(2026, 3, 29, 1, tzinfo=UTC),
            datetime(2026, 10, 25, 1, tzinfo=UTC),
            datetime(2011, 12, 30, 10, tzinfo=UTC),
            datetime(2018, 11, 4, 3, tzinfo=UTC),
            datetime(2018, 2, 18, 2, tzinfo=UTC),
            datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        ]
    ),
    st.integers(-3000, 3000),
)
PRESETS = ["today", "yesterday", "this_week", "lastweek", "last_week", "last_7d", "last_30d", "this_month",
           "last_month", "this_year"]  # fmt: skip


def walked_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Walk in quarter hours from well before to the first moment whose local date is the day or later."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=15)
    return at


def walked_days(preset: str, today: date) -> tuple[date, date]:
    """Count days one at a time, without any calendar arithmetic of the code under test."""
    day = timedelta(days=1)
    tests: dict[str, Callable[[date], bool]] = {
        "today": lambda d: d == today,
        "yesterday": lambda d: d == today - day,
        "this_week": lambda d: d.isocalendar()[:2] == today.isocalendar()[:2],
        "lastweek": lambda d: d.isocalendar()[:2] == (today - 7 * day).isocalendar()[:2],
        "last_week": lambda d: d.isocalendar()[:2] == (today - 7 * day).isocalendar()[:2],
        "last_7d": lambda d: 0 <= (today - d).days < 7,
        "last_30d": lambda d: 0 <= (today - d).days < 30,
        "this_month": lambda d: (d.year, d.month) == (today.year, today.month),
        "last_month": lambda d: d.year * 12 + d.month == today.year * 12 + today.month - 1,
        "this_year": lambda d: d.year == today.year,
    }
    inside = [d for d in (today + n * day for n in range(-400, 400)) if tests[preset](d)]
    return inside[0], inside[-1] + day


@settings(max_examples=200, deadline=None)
@given(MOMENTS, ZONES)
def test_a_local_midnight_is_the_first_moment_of_its_day(moment: datetime, zone: ZoneInfo) -> None:
    day = moment.astimezone(zone).date()
    assert local_midnight(day, zone) == walked_midnight(day, zone)


@settings(max_examples=150, deadline=None)
@given(MOMENTS, ZONES, st.sampled_from(PRESETS))
def test_a_preset_is_the_days_that_a_calendar_shows(now: datetime, zone: ZoneInfo, preset: str) -> None:
    period = resolve(None, None, preset, now=now, zone=zone)
    first, end = walked_days(preset, now.astimezone(zone).date())
    assert (period.start, period.end) == (walked_midnight(first, zone), walked_midnight(end, zone))


@settings(max_examples=200, deadline=None)
@given(MOMENTS, ZONES)
def test_a_moment_is_in_the_window_of_its_own_day_alone(moment: datetime, zone: ZoneInfo) -> None:
    day = date.fromisoformat(group_key(moment, "Day", zone))
    for shift in (-1, 0, 1):
        text = (day + timedelta(days=shift)).isoformat()
        period = resolve(text, text, None, now=moment, zone=zone)
        assert (period.start <= moment < period.end) == (shift == 0)


@settings(max_examples=200, deadline=None)
@given(MOMENTS, ZONES)
def test_a_local_time_as_shown_by_the_clock_covers_its_moment(moment: datetime, zone: ZoneInfo) -> None:
    text = moment.astimezone(zone).replace(tzinfo=None).isoformat()
    period = resolve(text, text, None, now=moment, zone=zone)
    assert period.start <= moment < period.end


@settings(max_examples=200, deadline=None)
@given(MOMENTS, MOMENTS, ZONES, ZONES)
def test_instants_mean_the_same_in_every_zone(
    first: datetime, last: datetime, zone: ZoneInfo, other: ZoneInfo
) -> None:
    assume(first <= last)
    start, end = first.astimezone(other).isoformat(), last.isoformat().replace("+00:00", "Z")
    period = resolve(start, end, None, now=first, zone=zone)
    assert (period.start, period.end) == (first, last + timedelta(seconds=1))
