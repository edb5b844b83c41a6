"""What units of work add to rows that many share: written just before the commit, in one order, or not at all."""

import asyncio
from datetime import UTC, datetime

import pytest

from leadyard.storage import tallies
from leadyard.storage.database import Connection, Database

ACCOUNT = 1
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def totals(database: Database, *kinds: str) -> list[int]:
    async with database.connection() as connection:
        return [await tallies.total(connection, ACCOUNT, what) for what in kinds]


async def rows(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM tallies WHERE account_id = $1", ACCOUNT))


async def test_units_that_count_in_opposite_orders_do_not_wait_in_a_circle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "SLOTS", 1)
    both = asyncio.Barrier(2)

    async def count(*kinds: str) -> None:
        async with database.unit_of_work() as connection:
            for what in kinds:
                tallies.add(connection, ACCOUNT, what, 1, AT)
                await both.wait()

    await asyncio.gather(count("people", "visitors"), count("visitors", "people"))
    assert await totals(database, "people", "visitors") == [2, 2]


async def test_a_row_that_a_unit_adds_to_again_and_again_is_written_once(database: Database) -> None:
    async with database.unit_of_work() as connection:
        tallies.add_many(connection, ACCOUNT, "people", [AT] * 5)
        tallies.add(connection, ACCOUNT, "people", -2, AT)
        assert await tallies.total(connection, ACCOUNT, "people") == 0
    assert await totals(database, "people") == [3]
    assert await rows(database) == 1


async def test_what_comes_to_nothing_is_not_written(database: Database) -> None:
    async with database.unit_of_work() as connection:
        tallies.add(connection, ACCOUNT, "people", 1, AT)
        tallies.add(connection, ACCOUNT, "people", -1, AT)
    assert await rows(database) == 0


async def test_what_a_failed_unit_counted_is_forgotten_by_its_connection_too(database: Database) -> None:
    async def fail(connection: Connection) -> None:
        tallies.add(connection, ACCOUNT, "people", 1, AT)
        raise LookupError

    for _ in range(4):
        with pytest.raises(LookupError):
            async with database.unit_of_work() as connection:
                await fail(connection)
    for _ in range(4):
        async with database.unit_of_work() as connection:
            tallies.add(connection, ACCOUNT, "visitors", 1, AT)
    assert await totals(database, "people", "visitors") == [0, 4]


async def test_counting_outside_a_unit_of_work_is_an_error_for_nobody_would_write_it(
    database: Database,
) -> None:
    async with database.connection() as connection:
        with pytest.raises(RuntimeError, match="tallies are counted outside a unit of work"):
            tallies.add(connection, ACCOUNT, "people", 1, AT)
