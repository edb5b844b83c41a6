"""Dates of parameters, and what filters by them keep (docs/leaddyno.md, "Lists, dates, amounts")."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.leaddyno.world import World

from leadyard.dialects.leaddyno.times import created_within, read_moment
from leadyard.dialects.leaddyno.writing import utc

AT = datetime(2020, 6, 20, 21, 28, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-06-20 21:28:35 UTC", AT),
        ("2020-06-20T21:28:35Z", AT),
        ("2020-06-20T21:28:35.987Z", AT + timedelta(milliseconds=987)),
        ("2020-06-20T23:28:35+02:00", AT),
        ("2020-06-20T23:28:35 02:00", AT),
        ("2020-06-20T23:28:35+0200", AT),
        ("2020-06-20T16:58:35-04:30", AT),
        ("2020-06-20 21:28:35 +0000", AT),
        ("2020-06-20 14:28:35 -0700", AT),
        ("2020-06-20 23:28:35  0200", AT),
        ("2020-06-20 23:28:35 0200", AT),
        ("2020-06-20 21:28:35+00", AT),
        ("2020-06-20T23:28:35.5 +02", AT + timedelta(milliseconds=500)),
        ("2020-06-20t21:28:35z", AT),
        ("2020-06-20 21:28:35 utc", AT),
        ("2020-06-20 21:28:35 Z", AT),
        ("2020-06-20", datetime(2020, 6, 20, tzinfo=UTC)),
        (" 2020-06-20 ", datetime(2020, 6, 20, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_every_form(text: str, expected: datetime) -> None:
    assert read_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-30", "2021-02-29", "2020-13-01", "2020-00-10", "yesterday", "1592688515", "20200620", "06/20/2020",
        "2020-06-20T25:00:00Z", "2020-06-20T21:28:60Z", "2020-06-20 21:28:35", "2020-06-20T21:28:35",
        "2020-06-20T21:28:35+99:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2020-06-20T",
        "\uff12020-06-20", "2020-06-20 21:28:35 +1", "2020-06-20 21:28:35   0000", "2020-06-20 21:28:35 GMT",
    ],
)  # fmt: skip
def test_anything_else_is_no_date(text: str) -> None:
    assert read_moment(text) is None


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_filters_exclude_the_second_that_a_row_shows(row: datetime, bound: datetime) -> None:
    shown, limit = read_moment(utc(row)), bound.replace(microsecond=0)
    assert shown is not None
    after, before = created_within(bound, None), created_within(None, bound)
    assert after.since is not None
    assert before.before is not None
    assert (row >= after.since) is (shown > limit)
    assert (row < before.before) is (shown < limit)


async def test_the_time_of_a_row_excludes_that_row(world: World) -> None:
    made = await world.post("/affiliates", email="a@example.com")
    at = made["created_at"]

    for path in ("/affiliates", "/affiliates/count"):
        for name in ("created_after", "created_before"):
            assert await world.get(path, **{name: at}) in ([], {"count": 0})
        assert await world.get(path, created_after="2020-06-20", created_before="9999-12-31") in (
            [made],
            {"count": 1},
        )


@pytest.mark.parametrize("value", ["yesterday", "2020-02-30", ["2020-01-01"]])
async def test_a_bad_date_is_named(world: World, value: Any) -> None:
    for path in ("/affiliates", "/campaigns"):
        answer = await world.call("GET", path, {"created_after": value, "created_before[]": value})
        if isinstance(value, list):
            continue
        assert answer.status_code == 400
        assert answer.json() == {"error": {"created_after": ["is invalid"], "created_before": ["is invalid"]}}


async def test_the_last_second_of_all_is_a_bound_like_any_other(world: World) -> None:
    assert await world.get("/affiliates", created_after="9999-12-31T23:59:59Z") == []
    assert await world.get("/affiliates", created_before="0001-01-01") == []
