"""The report lock: per account and type, over processes, and freed in every case."""

import asyncio
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from leadyard.kit.errors import UnavailableError
from leadyard.reports.locks import ReportBusyError, ReportLocks
from leadyard.storage.database import Database

_HOLDER = """
import asyncio, sys
from leadyard.reports.locks import ReportLocks
from leadyard.storage.database import Database

async def hold():
    database = Database(sys.argv[1])
    await database.open()
    async with ReportLocks(database).hold(1, "campaign"):
        print("held", flush=True)
        await asyncio.sleep(3600)

asyncio.run(hold())
"""


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[ReportLocks]:
    """Stand for another process with a database connection of its own."""
    database = Database(dsn)
    await database.open()
    yield ReportLocks(database)
    await database.close()


@pytest.fixture
def locks(database: Database) -> ReportLocks:
    return ReportLocks(database)


async def assert_free(*holders: ReportLocks) -> None:
    for each in holders:
        async with each.hold(1, "campaign", 60):
            pass


async def test_a_second_report_is_refused_in_the_published_words(
    locks: ReportLocks, other: ReportLocks
) -> None:
    async with locks.hold(1, "campaign"):
        for second in (locks, other):
            with pytest.raises(ReportBusyError) as refusal:
                async with second.hold(1, "campaign", 0.1):
                    pytest.fail("two held the lock")
            assert str(refusal.value) == (
                "Another report request is currently being processed, please wait and try again"
            )
    await assert_free(locks, other)


async def test_other_types_and_other_accounts_run_together(locks: ReportLocks, other: ReportLocks) -> None:
    async with (
        locks.hold(1, "campaign", 0),
        other.hold(1, "buyer", 0),
        locks.hold(2, "campaign", 0),
        other.hold(2, "buyer", 0) as connection,
    ):
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_report_that_waits_runs_once_the_first_is_done(
    locks: ReportLocks, other: ReportLocks
) -> None:
    order = []

    async def second(holder: ReportLocks) -> None:
        async with holder.hold(1, "campaign", 60):
            order.append("second")

    async with locks.hold(1, "campaign"):
        waiting = [asyncio.create_task(second(holder)) for holder in (locks, other)]
        await asyncio.sleep(0.1)
        order.append("first")
    await asyncio.gather(*waiting)
    assert order == ["first", "second", "second"]


async def test_the_lock_is_free_after_an_error(locks: ReportLocks, other: ReportLocks) -> None:
    with pytest.raises(ZeroDivisionError):
        async with locks.hold(1, "campaign"):
            raise ZeroDivisionError
    await assert_free(other, locks)


async def test_the_lock_is_free_after_a_failed_statement(locks: ReportLocks, other: ReportLocks) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with locks.hold(1, "campaign") as connection:
            await connection.fetchval("SELECT 1 / 0")
    await assert_free(other, locks)


async def test_the_lock_is_free_after_a_cancellation_in_the_middle_of_a_statement(
    locks: ReportLocks, other: ReportLocks
) -> None:
    held = asyncio.Event()

    async def report() -> None:
        async with locks.hold(1, "campaign") as connection:
            held.set()
            await connection.fetchval("SELECT pg_sleep(3600)")

    task = asyncio.create_task(report())
    await held.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_free(other, locks)


async def test_a_caller_that_gives_up_waiting_leaves_no_lock_behind(
    locks: ReportLocks, other: ReportLocks
) -> None:
    async def wait_for(holder: ReportLocks) -> None:
        async with holder.hold(1, "campaign", 60):
            pytest.fail("two held the lock")

    async with locks.hold(1, "campaign"):
        tasks = [asyncio.create_task(wait_for(holder)) for holder in (locks, other, other)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await assert_free(other, locks)


async def test_the_lock_is_free_after_its_connection_is_lost(locks: ReportLocks, other: ReportLocks) -> None:
    with pytest.raises(UnavailableError):
        async with locks.hold(1, "campaign") as connection:
            await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
    await assert_free(other, locks)


async def test_the_lock_is_free_after_its_process_is_killed(dsn: str, other: ReportLocks) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    with pytest.raises(ReportBusyError):
        async with other.hold(1, "campaign", 0):
            pytest.fail("two held the lock")
    process.kill()
    await process.wait()
    await assert_free(other)


async def test_waiting_reports_leave_the_pool_to_others(dsn: str) -> None:
    database = Database(dsn, size=2)
    await database.open()
    try:
        locks = ReportLocks(database)

        async def ask() -> str:
            try:
                async with locks.hold(1, "campaign", 0.2):
                    return "ran"
            except ReportBusyError:
                return "busy"

        async with locks.hold(1, "campaign"):
            asked = [asyncio.create_task(ask()) for _ in range(50)]
            async with database.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1
            assert set(await asyncio.gather(*asked)) == {"busy"}
    finally:
        await database.close()
