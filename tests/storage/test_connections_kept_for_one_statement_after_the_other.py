"""Connections that are kept between statements: used again, given up when they fail, and in nobody's way."""

import asyncio
import time

import asyncpg
import pytest
from tests.vault import VAULT

from leadyard.kit.errors import UnavailableError
from leadyard.storage.database import Database

_WHO = "SELECT pg_backend_pid()"


async def _used(database: Database) -> int:
    async with database.kept() as connection:
        return int(await connection.fetchval(_WHO))


async def test_the_same_connection_is_lent_again(database: Database) -> None:
    assert await _used(database) == await _used(database)


async def test_who_comes_meanwhile_gets_another(database: Database) -> None:
    async with database.kept() as connection:
        assert await _used(database) != await connection.fetchval(_WHO)


@pytest.mark.parametrize("seconds", [0, 0.2])
async def test_a_connection_that_the_server_closed_is_not_lent_again(
    database: Database, seconds: float
) -> None:
    first = await _used(database)
    async with database.connection() as other:
        await other.execute("SELECT pg_terminate_backend($1, 5000)", first)
    await asyncio.sleep(seconds)
    try:
        second = await _used(database)
    except UnavailableError:
        second = await _used(database)

    assert second != first


async def test_a_connection_that_is_lost_in_use_is_told_and_not_lent_again(database: Database) -> None:
    first = await _used(database)
    with pytest.raises(UnavailableError):
        async with database.kept() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert await _used(database) != first


async def test_a_statement_that_fails_by_its_values_loses_no_connection(database: Database) -> None:
    first = await _used(database)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with database.kept() as connection:
            await connection.fetchval("SELECT 1 / $1::int", 0)

    assert await _used(database) == first


async def test_closing_does_not_wait_for_what_is_only_kept(dsn: str) -> None:
    database = Database(dsn, size=2, vault=VAULT)
    await database.open()
    started, over = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with database.kept() as connection:
            started.set()
            await connection.fetchval("SELECT pg_sleep(0.2)")
        over.set()

    await _used(database)
    task = asyncio.create_task(late())
    await started.wait()
    before = time.monotonic()
    await database.close()
    await task

    assert over.is_set()
    assert time.monotonic() - before < 4
