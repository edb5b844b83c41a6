"""Whatever values a batch holds, the database reads from an array literal what was written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadyard.storage.arrays import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    SMALLINT,
    TEXT,
    TIMESTAMPTZ,
    UUIDS,
    Column,
    Numbers,
    Table,
)
from leadyard.storage.database import Database

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.builds(
    lambda seconds, micros, zone: (
        datetime(1, 1, 3, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros)
    ).astimezone(zone),
    st.integers(0, 9990 * 365 * 86_400),
    st.integers(0, 999_999),
    st.just(UTC) | zones,
)
plain_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
VALUES: list[tuple[Column, st.SearchStrategy[object]]] = [
    (BIGINT, st.none() | st.integers(-(2**63), 2**63 - 1)),
    (SMALLINT, st.none() | st.integers(-(2**15), 2**15 - 1)),
    (BOOLEAN, st.booleans()),
    (TEXT, st.none() | plain_text | st.sampled_from(["", "NULL", "null", "{}", '"', "\\", "a,b", " x "])),
    (BYTEA, st.none() | st.binary()),
    (UUIDS, st.uuids()),
    (TIMESTAMPTZ, st.none() | moments),
]


@pytest.mark.parametrize(("column", "values"), VALUES, ids=[column[0] for column, _ in VALUES])
async def test_the_database_reads_what_was_written(
    database: Database, column: Column, values: st.SearchStrategy[object]
) -> None:
    table = Table(position=BIGINT, value=column)
    query = f"SELECT value FROM {table.source(1, 'row')} ORDER BY position"
    pending: list[list[object]] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(values, max_size=20))
    def collect(drawn: list[object]) -> None:
        pending.append(drawn)

    collect()
    async with database.connection() as connection:
        for drawn in pending:
            rows = await connection.fetch(query, *table.parameters(list(enumerate(drawn))))
            assert [row[0] for row in rows] == drawn


def test_no_rows_are_empty_columns() -> None:
    assert Table(a=BIGINT, b=TEXT).parameters([]) == ["{}", "{}"]


async def test_columns_without_values_are_empty_and_read_as_null(database: Database) -> None:
    table = Table(position=BIGINT, nothing=TEXT, something=TEXT)
    parameters = table.parameters([(1, None, None), (2, None, "a")])
    assert parameters == ["{1,2}", "{}", '{NULL,"a"}']
    async with database.connection() as connection:
        rows = await connection.fetch(f"SELECT * FROM {table.source(1, 'row')}", *parameters)
    assert [tuple(row) for row in rows] == [(1, None, None), (2, None, "a")]


async def test_whole_numbers_of_many_columns_are_one_parameter(database: Database) -> None:
    numbers = Numbers("a", "b", "c")
    rows = [(1, -2, 3), (0, 2**63 - 1, -(2**63))]
    query = f"""WITH {numbers.array(1, "given")}
                SELECT {numbers.columns("given", "place")} FROM {numbers.source("given")}"""
    async with database.connection() as connection:
        assert [tuple(row) for row in await connection.fetch(query, numbers.parameter(rows))] == rows
        assert await connection.fetch(query, numbers.parameter([])) == []
