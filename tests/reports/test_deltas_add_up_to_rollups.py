"""Deltas: what the write path adds, and how it is folded into hours."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.rows import ACCOUNT, LeadRow, receive

from leadyard.leads.model import AttemptState, Standing
from leadyard.reports.jobs import fold_all
from leadyard.reports.model import Deltas, LeadSums, attempt_change, standing_change
from leadyard.reports.service import fold, write_deltas
from leadyard.storage.database import Database

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=59, seconds=59, microseconds=999_999)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(Standing), min_size=1))
def test_a_lead_is_counted_where_it_stands_however_it_got_there(way: list[Standing]) -> None:
    counts = dict.fromkeys(("valid", "invalid", "pending", "approved", "returned"), 0)
    for old, new in zip([None, *way[:-1]], way, strict=True):
        for name, change in standing_change(old, new).items():
            counts[name] += change
    sums = LeadSums(**counts)
    assert {name: count for name, count in counts.items() if count} == standing_change(None, way[-1])
    assert sums.leads == int(way[-1] is not Standing.NOT_COUNTED)
    assert sums.valid == sums.rejections + sums.approved
    assert sums.payable == int(way[-1] is Standing.APPROVED)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(AttemptState), min_size=1))
def test_an_attempt_is_counted_by_its_state_however_it_got_there(way: list[AttemptState]) -> None:
    counts = dict.fromkeys(("posted", "accepted", "sold", "rejected", "returned"), 0)
    for old, new in zip([None, *way[:-1]], way, strict=True):
        for name, change in attempt_change(old, new).items():
            counts[name] += change
    assert {name: count for name, count in counts.items() if count} == attempt_change(None, way[-1])
    assert counts["posted"] == counts["accepted"] + counts["rejected"]


def test_a_return_changes_neither_what_was_posted_nor_what_was_sold() -> None:
    assert attempt_change(AttemptState.ASSIGNED, AttemptState.RETURNED) == {"returned": 1}
    assert standing_change(Standing.APPROVED, Standing.RETURNED) == {"returned": 1}


def test_changes_of_the_same_hour_and_dimensions_become_one_delta() -> None:
    deltas = Deltas()
    deltas.lead(ACCOUNT, NOON, 9, None, None, 1, valid=1, pending=-1)
    deltas.lead(ACCOUNT, LATER, 9, None, None, 1, valid=1, revenue=5)
    half_hour_zone = timezone(timedelta(hours=5, minutes=30))
    deltas.lead(ACCOUNT, NOON.astimezone(half_hour_zone), 9, None, None, 1, valid=1)
    rows = list(zip(*deltas.lead_columns(), strict=True))
    assert rows == [(ACCOUNT, NOON, 9, 0, 0, 1, 3, 0, -1, 0, 0, 0, 5, 0, 0, 0)]


def test_changes_that_cancel_out_become_no_delta() -> None:
    deltas = Deltas()
    deltas.buyer(ACCOUNT, NOON, 9, 1, 4, 7, sold=1)
    deltas.buyer(ACCOUNT, NOON, 9, 1, 4, 7, sold=-1)
    assert not deltas.buyer_columns()[0]


def test_a_change_of_an_unknown_figure_is_refused() -> None:
    with pytest.raises(KeyError):
        Deltas().lead(ACCOUNT, NOON, 9, 1, None, 1, vaild=1)


async def test_no_changes_write_nothing(database: Database) -> None:
    async with database.unit_of_work() as connection:
        await write_deltas(connection, Deltas())
        assert await connection.fetchval("SELECT count(*) FROM lead_deltas") == 0


async def test_deltas_of_several_accounts_and_buyers_are_folded_into_their_hours(database: Database) -> None:
    deltas = Deltas()
    for account in (1, 2):
        deltas.lead(account, NOON, 9, 1, 3, 1, valid=2)
        deltas.buyer(account, LATER, 9, 1, 4, 7, posted=1, accepted=1, sold=1, revenue=25_000_000)
    async with database.unit_of_work() as connection:
        for account in (1, 2):
            await connection.execute(
                "INSERT INTO accounts VALUES ($1, 'A', $2, '{}', false, 'UTC', 'GBP', '{}')",
                account,
                f"a{account}",
            )
        await write_deltas(connection, deltas)
        await write_deltas(connection, deltas)
    assert await fold_all(database) == 8
    assert await fold_all(database) == 0
    async with database.connection() as connection:
        leads = await connection.fetch("SELECT account_id, hour, valid FROM lead_rollups ORDER BY 1")
        buyers = await connection.fetch(
            "SELECT account_id, hour, delivery_id, sold, revenue FROM buyer_rollups ORDER BY 1"
        )
    assert [tuple(row) for row in leads] == [(1, NOON, 4), (2, NOON, 4)]
    assert [tuple(row) for row in buyers] == [(1, NOON, 7, 2, 50_000_000), (2, NOON, 7, 2, 50_000_000)]


async def test_folding_goes_on_in_small_batches_until_nothing_is_left(database: Database) -> None:
    async with database.unit_of_work() as connection:
        await connection.execute("INSERT INTO accounts VALUES (1, 'A', 'a', '{}', false, 'UTC', 'GBP', '{}')")
        for number in range(10):
            await receive(connection, [LeadRow(id=number, received_at=NOON + timedelta(minutes=number))])
    assert await fold_all(database, most=3) == 10
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT sum(valid) FROM lead_rollups") == 10


async def test_an_account_that_is_being_folded_is_left_to_whoever_folds_it(database: Database) -> None:
    async with database.unit_of_work() as connection:
        await receive(connection, [LeadRow(id=1)])
    async with database.unit_of_work() as first:
        assert await fold(first, ACCOUNT) == 1
        async with database.unit_of_work() as second:
            assert await fold(second, ACCOUNT) == 0


async def test_many_writers_and_folders_at_once_lose_and_double_nothing(database: Database) -> None:
    async def write(first: int) -> None:
        for number in range(first, first + 20):
            async with database.unit_of_work() as connection:
                await receive(connection, [LeadRow(id=number, revenue=1)])

    async def fold_often() -> None:
        for _ in range(20):
            async with database.unit_of_work() as connection:
                await fold(connection, ACCOUNT, 5)

    await asyncio.gather(*(write(first) for first in (0, 100, 200)), *(fold_often() for _ in range(3)))
    while True:
        async with database.unit_of_work() as connection:
            if await fold(connection, ACCOUNT, 5) == 0:
                break
    async with database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT sum(approved) AS leads, sum(revenue) AS money FROM lead_rollups"
        )
    assert row is not None
    assert (row["leads"], row["money"]) == (60, 60)


async def test_deltas_of_a_unit_of_work_that_fails_are_not_counted(database: Database) -> None:
    async def fail() -> None:
        async with database.unit_of_work() as connection:
            await receive(connection, [LeadRow(id=1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.unit_of_work() as connection:
        assert await fold(connection, ACCOUNT) == 0
