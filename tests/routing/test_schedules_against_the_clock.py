"""Open hours hold minute by minute in every zone, through every change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.routing.schedules import Schedule, Window, all_open_at, is_open

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTE = timedelta(minutes=1)
CHANGES = {
    "Europe/London": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ),
    "America/Santiago": (datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)),
    "UTC": (datetime(2026, 1, 1, tzinfo=UTC),),
}
"""Zones and when their clocks change; Santiago's skip midnight, Lord Howe's move by half an hour."""


def text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


times = st.one_of(st.sampled_from((0, 60, 90, 105, 120, 150, 180, 1380, 1439)), st.integers(0, 1439))
windows = st.builds(Window, times.map(text), st.one_of(times.map(text), st.just("24:00")))
schedules = st.builds(
    Schedule,
    **{name: st.lists(windows, max_size=2).map(tuple) for name in WEEKDAYS},
    closed_dates=st.lists(
        st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3
    ).map(tuple),
)  # fmt: skip


@st.composite
def moments(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """An instant within two days of a change of the clocks."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[name]))
    return ZoneInfo(name), change + timedelta(seconds=draw(st.integers(-172_800, 172_800)))


def says_the_wall_clock(schedule: Schedule, at: datetime, zone: ZoneInfo) -> bool:
    """The meaning of a schedule, in wall-clock times of today's and yesterday's windows."""
    wall = at.astimezone(zone).replace(tzinfo=None)
    if wall.date() in schedule.closed_dates:
        return False
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        for window in getattr(schedule, WEEKDAYS[day.weekday()]):
            opens = datetime.combine(day, time.fromisoformat(window.opens))
            closes = datetime.combine(day, time.fromisoformat(window.closes.replace("24:00", "00:00")))
            if closes <= opens:
                closes += timedelta(days=1)
            if opens <= wall < closes:
                return True
    return False


def found_minute_by_minute(
    listed: list[Schedule], after: datetime, zone: ZoneInfo, days: int
) -> datetime | None:
    at = after
    while at < after + timedelta(days=days):
        if all(says_the_wall_clock(schedule, at, zone) for schedule in listed):
            return at
        at = at.replace(second=0, microsecond=0) + MINUTE
    return None


@given(schedules, moments())
@settings(max_examples=400, deadline=None)
def test_open_is_what_the_wall_clock_says(schedule: Schedule, moment: tuple[ZoneInfo, datetime]) -> None:
    zone, at = moment
    assert is_open(schedule, at, zone) is says_the_wall_clock(schedule, at, zone)


@given(schedules, moments())
@settings(max_examples=150, deadline=None)
def test_the_next_opening_is_the_first_open_minute(
    schedule: Schedule, moment: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = moment
    found = all_open_at([schedule], after, zone)
    expected = found_minute_by_minute([schedule], after, zone, 9)
    if expected is not None:
        assert found == expected
    elif found is not None:
        assert found > after + timedelta(days=9)
        assert says_the_wall_clock(schedule, found, zone)
        assert not says_the_wall_clock(schedule, found - MINUTE, zone)


@given(st.tuples(schedules, schedules).map(list), moments())
@settings(max_examples=80, deadline=None)
def test_two_schedules_open_together_at_the_first_minute_of_both(
    listed: list[Schedule], moment: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = moment
    expected = found_minute_by_minute(listed, after, zone, 9)
    if expected is not None:
        assert all_open_at(listed, after, zone) == expected


def test_clocks_that_change_on_the_next_day_do_not_come_before_its_midnight() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    early = Schedule(friday=(Window("22:00", "06:00"),), sunday=(Window("00:00", "24:00"),))
    whole = Schedule(saturday=(Window("12:00", "12:00"),))
    after = datetime(2026, 4, 4, 12, 59, 59, tzinfo=UTC)
    assert all_open_at([early, whole], after, zone) == datetime(2026, 4, 4, 13, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    zone = ZoneInfo("Europe/London")
    schedule = Schedule(sunday=(Window("01:30", "02:00"),))
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert all_open_at([schedule], datetime(2026, 10, 24, 12, tzinfo=UTC), zone) == first
    assert not is_open(schedule, first + timedelta(minutes=30), zone)
    assert all_open_at([schedule], first + timedelta(minutes=30), zone) == second


def test_a_window_that_the_clocks_leave_out_opens_a_week_later() -> None:
    zone = ZoneInfo("Europe/London")
    schedule = Schedule(sunday=(Window("01:00", "02:00"),))
    after = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert all_open_at([schedule], after, zone) == datetime(2026, 4, 5, 0, tzinfo=UTC)


def test_a_night_shift_runs_on_until_the_morning_and_a_closed_date_interrupts_it() -> None:
    zone = ZoneInfo("UTC")
    schedule = Schedule(friday=(Window("22:00", "06:00"),), closed_dates=(date(2026, 11, 21),))
    friday = datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert is_open(schedule, friday, zone)
    assert not is_open(schedule, friday + timedelta(hours=2), zone)
    assert is_open(schedule, friday + timedelta(days=7, hours=2), zone)


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(closed_dates=(date(2026, 11, 21),))])
def test_a_schedule_without_windows_never_opens(schedule: Schedule) -> None:
    assert all_open_at([schedule], datetime(2026, 11, 20, tzinfo=UTC), ZoneInfo("UTC")) is None
