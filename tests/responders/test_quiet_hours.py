"""Quiet hours: a message never goes out in them, and not later than it must."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.responders.model import ResponderSettings, after_quiet_hours, due_at

LONDON = ZoneInfo("Europe/London")
ZONES = [LONDON, ZoneInfo("UTC"), ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")]
NIGHT = ResponderSettings(pause_from="21:00", pause_to="08:00")
NOON = ResponderSettings(pause_from="12:00", pause_to="14:30")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("settings", "given_at", "expected"),
    [
        (NIGHT, "2026-01-10 20:59", "2026-01-10 20:59"),
        (NIGHT, "2026-01-10 21:00", "2026-01-11 08:00"),
        (NIGHT, "2026-01-11 03:00", "2026-01-11 08:00"),
        (NIGHT, "2026-01-11 08:00", "2026-01-11 08:00"),
        (NOON, "2026-01-11 12:00", "2026-01-11 14:30"),
        (NOON, "2026-01-11 14:30", "2026-01-11 14:30"),
        (NIGHT, "2026-07-10 23:00", "2026-07-11 08:00"),
        (ResponderSettings(), "2026-01-10 23:00", "2026-01-10 23:00"),
        (ResponderSettings(pause_from="09:00", pause_to="09:00"), "2026-01-10 09:00", "2026-01-10 09:00"),
    ],
)
def test_messages_wait_for_the_end_of_the_quiet_hours(
    settings: ResponderSettings, given_at: str, expected: str
) -> None:
    assert after_quiet_hours(at(given_at), settings, LONDON) == at(expected)


def test_the_delay_comes_first() -> None:
    assert due_at(at("2026-01-10 20:30"), 3600, NIGHT, LONDON) == at("2026-01-11 08:00")
    assert due_at(at("2026-01-10 20:30"), 60, NIGHT, LONDON) == at("2026-01-10 20:31")


CLOCK = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


@given(
    st.integers(1_577_836_800, 1_893_456_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    CLOCK,
    CLOCK,
    st.sampled_from(ZONES),
)
def test_no_message_leaves_in_quiet_hours_or_more_than_a_day_late(
    before: datetime, begin: str, end: str, zone: ZoneInfo
) -> None:
    settings = ResponderSettings(pause_from=begin, pause_to=end)
    after = after_quiet_hours(before, settings, zone)
    assert before <= after <= before + timedelta(hours=26)
    if begin != end:
        clock = after.astimezone(zone).strftime("%H:%M")
        inside = begin <= clock < end if begin < end else clock >= begin or clock < end
        # Where clocks are put back, the end of the quiet hours comes twice and the first of the two counts.
        assert not inside or after.astimezone(zone).utcoffset() != before.astimezone(zone).utcoffset()
