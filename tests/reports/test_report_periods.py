"""Report windows: what the dates and presets mean in an account's own time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadyard.reports.periods import BadPeriodError, Period, group_key, read_group, resolve

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 7, 15, 12, 30, tzinfo=UTC)


def window(
    start: str | None = None,
    end: str | None = None,
    preset: str | None = None,
    *,
    zone: str = "Europe/London",
) -> tuple[str, str]:
    period = resolve(start, end, preset, now=NOW, zone=ZoneInfo(zone))
    assert period.start.tzinfo is UTC
    assert period.end.tzinfo is UTC
    return period.start.isoformat().removesuffix("+00:00"), period.end.isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("today", "2026-07-14T23:00:00", "2026-07-15T23:00:00"),
        ("yesterday", "2026-07-13T23:00:00", "2026-07-14T23:00:00"),
        ("this_week", "2026-07-12T23:00:00", "2026-07-19T23:00:00"),
        ("lastweek", "2026-07-05T23:00:00", "2026-07-12T23:00:00"),
        ("last_week", "2026-07-05T23:00:00", "2026-07-12T23:00:00"),
        ("last_7d", "2026-07-08T23:00:00", "2026-07-15T23:00:00"),
        ("last_30d", "2026-06-15T23:00:00", "2026-07-15T23:00:00"),
        ("this_month", "2026-06-30T23:00:00", "2026-07-31T23:00:00"),
        ("last_month", "2026-05-31T23:00:00", "2026-06-30T23:00:00"),
        ("this_year", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        (" Today ", "2026-07-14T23:00:00", "2026-07-15T23:00:00"),
    ],
)
def test_presets_are_local_days(preset: str, start: str, end: str) -> None:
    assert window(preset=preset) == (start, end)


def test_a_preset_wins_over_dates() -> None:
    assert window("nonsense", "2020-01-01", "today") == window(preset="today")


@pytest.mark.parametrize(
    ("start", "end", "window_start", "window_end"),
    [
        ("2020-07-01T00:00:00Z", "2020-07-31T00:00:00Z", "2020-07-01T00:00:00", "2020-07-31T00:00:01"),
        ("2020-07-01T00:00:00.25Z", "2020-07-01T00:00:00.750Z",
         "2020-07-01T00:00:00.250000", "2020-07-01T00:00:01.750000"),
        ("2020-07-01T02:00:00+02:00", "2020-07-01T02:00:00-0530", "2020-07-01T00:00:00", "2020-07-01T07:30:01"),
        ("2020-07-01T02:00:00 02:00", "2020-07-01 02:00:00 +02", "2020-07-01T00:00:00", "2020-07-01T00:00:01"),
        ("2020-07-01T00:00:00", "2020-07-01 12:00", "2020-06-30T23:00:00", "2020-07-01T11:00:01"),
        ("2020-07-01t00:00:00z", "2020-07-01T00:00:00Z", "2020-07-01T00:00:00", "2020-07-01T00:00:01"),
        ("2020-07-01", "2020-07-31", "2020-06-30T23:00:00", "2020-07-31T23:00:00"),
        ("2020-07-01", "2020-07-01", "2020-06-30T23:00:00", "2020-07-01T23:00:00"),
        ("2020-07-01T12:00:00Z", "2020-07-01", "2020-07-01T12:00:00", "2020-07-01T23:00:00"),
        ("2020-07-01", "2020-07-01T12:00:00Z", "2020-06-30T23:00:00", "2020-07-01T12:00:01"),
        ("2020-02-29", "2020-02-29", "2020-02-29T00:00:00", "2020-03-01T00:00:00"),
    ],
)  # fmt: skip
def test_dates_make_a_window(start: str, end: str, window_start: str, window_end: str) -> None:
    assert window(start, end) == (window_start, window_end)


def test_without_an_end_the_window_reaches_now() -> None:
    assert window("2026-07-15T00:00:00Z") == ("2026-07-15T00:00:00", "2026-07-15T12:30:01")
    assert window("2026-07-15T00:00:00Z", "  ") == ("2026-07-15T00:00:00", "2026-07-15T12:30:01")


def test_a_start_in_the_future_without_an_end_is_an_empty_window() -> None:
    assert window("2030-01-01") == ("2030-01-01T00:00:00", "2030-01-01T00:00:00")


@pytest.mark.parametrize(
    ("day", "hours", "zone"),
    [
        ("2026-03-29", 23, "Europe/London"),
        ("2026-10-25", 25, "Europe/London"),
        ("2026-10-04", 23.5, "Australia/Lord_Howe"),
        ("2026-04-05", 24.5, "Australia/Lord_Howe"),
        ("2011-12-30", 0, "Pacific/Apia"),
        ("2018-11-04", 23, "America/Sao_Paulo"),
        ("2026-07-15", 24, "Asia/Kolkata"),
    ],
)
def test_a_local_day_has_the_hours_that_its_clocks_give_it(day: str, hours: float, zone: str) -> None:
    period = resolve(day, day, None, now=NOW, zone=ZoneInfo(zone))
    assert period.end - period.start == timedelta(hours=hours)


def test_a_local_time_that_never_happens_is_the_moment_of_the_jump() -> None:
    for clock in ("01:00", "01:30", "01:59:59"):
        assert window(f"2026-03-29T{clock}", "2026-03-29")[0] == "2026-03-29T01:00:00"
    assert window("2026-03-29", "2026-03-29T01:30")[1] == "2026-03-29T01:00:01"


def test_a_local_time_that_happens_twice_makes_the_wider_window() -> None:
    assert window("2026-10-25T01:30", "2026-10-25T01:30") == ("2026-10-25T00:30:00", "2026-10-25T01:30:01")


@pytest.mark.parametrize(
    ("start", "end", "preset", "parameter"),
    [
        (None, None, None, "from"),
        ("", " ", "", "from"),
        (None, "2020-07-01", None, "from"),
        ("2020-07-02", "2020-07-01", None, "to"),
        ("2020-07-01T00:00:01Z", "2020-07-01T00:00:00Z", None, "to"),
        ("2020-07-02T12:00:00Z", "2020-07-01", None, "to"),
        ("2020-07-02", "2020-07-01T12:00:00Z", None, "to"),
        ("2020-13-01", "2020-07-01", None, "from"),
        ("2020-02-30", None, None, "from"),
        ("01/07/2020", None, None, "from"),
        ("2020-07-01T25:00:00Z", None, None, "from"),
        ("2020-07-01T00:00:60Z", None, None, "from"),
        ("2020-07-01T00:00:00+25:00", None, None, "from"),
        ("2020-07-01T00:00:00+01:99", None, None, "from"),
        ("0000-00-00", None, None, "from"),
        ("\u0662\u0660\u0662\u0660-07-01", None, None, "from"),
        ("2020-07-01\x00", None, None, "from"),
        ("2020-07-01", "yesterday", None, "to"),
        ("2020-07-01", "9999-12-31", None, "to"),
        ("0001-01-01T00:00:00+10:00", None, None, "from"),
        ("x" * 100_000, None, None, "from"),
        (None, None, "tomorrow", "datePreset"),
        ("2020-07-01", "2020-07-02", "last_year", "datePreset"),
    ],
)
def test_a_bad_window_is_refused_with_the_parameters_name(
    start: str | None, end: str | None, preset: str | None, parameter: str
) -> None:
    with pytest.raises(BadPeriodError, match=rf"\b{parameter}\b"):
        resolve(start, end, preset, now=NOW, zone=LONDON)


@pytest.mark.parametrize(
    ("moment", "labels"),
    [
        ("2026-07-14T23:30:00+00:00", ("2026-07-15", "2026-07-13", "2026-07", "2026-07-15 00:00")),
        ("2026-12-31T23:59:59+00:00", ("2026-12-31", "2026-12-28", "2026-12", "2026-12-31 23:00")),
        ("2027-01-01T00:00:00+00:00", ("2027-01-01", "2026-12-28", "2027-01", "2027-01-01 00:00")),
    ],
)
def test_time_groups_are_labelled_in_account_time(moment: str, labels: tuple[str, ...]) -> None:
    at = datetime.fromisoformat(moment)
    assert tuple(group_key(at, group, LONDON) for group in ("Day", "Week", "Month", "Hour")) == labels


def test_a_group_without_time_has_no_label() -> None:
    with pytest.raises(ValueError, match="Campaign"):
        group_key(NOW, "Campaign", LONDON)


@pytest.mark.parametrize(
    ("text", "group"),
    [(None, "Campaign"), ("", "Campaign"), ("campaign", "Campaign"), ("DAY", "Day"), (" hour ", "Hour")],
)
def test_a_group_is_read_in_any_case(text: str | None, group: str) -> None:
    assert read_group(text) == group


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(BadPeriodError, match="groupBy"):
        read_group("Year")


def test_a_period_is_a_value() -> None:
    assert Period(NOW, NOW) == Period(NOW, NOW)
