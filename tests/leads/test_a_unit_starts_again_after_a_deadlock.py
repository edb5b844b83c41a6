"""Two units of work that lock the same rows in opposite orders both come to their end."""

import asyncio

import asyncpg
import pytest

from leadyard.leads.unit import in_one_unit
from leadyard.storage.database import Connection, Database


async def test_both_of_two_that_met_head_on_are_done(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE counted (id int PRIMARY KEY, times int)")
        await connection.execute("INSERT INTO counted VALUES (1, 0), (2, 0)")
    both_hold_one = asyncio.Barrier(2)
    met = False

    async def raise_both(connection: Connection, first: int, second: int) -> None:
        nonlocal met
        add = "UPDATE counted SET times = times + 1 WHERE id = $1"
        await connection.execute(add, first)
        if not met:
            await both_hold_one.wait()
            met = True
        await connection.execute(add, second)

    await asyncio.gather(
        in_one_unit(database, lambda connection: raise_both(connection, 1, 2)),
        in_one_unit(database, lambda connection: raise_both(connection, 2, 1)),
    )
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT times FROM counted")
    assert [row["times"] for row in rows] == [2, 2]


async def test_what_always_fails_fails_in_the_end(database: Database) -> None:
    tries = 0

    async def never(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(asyncpg.DeadlockDetectedError):
        await in_one_unit(database, never)
    assert tries == 8
