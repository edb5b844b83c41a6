"""Migrating twice, at once and on a live system does no harm."""

import asyncio

import asyncpg
from tests.conftest import run_on_server, with_database

from leadyard.storage.database import Database
from leadyard.storage.migrate import upgrade_async


async def test_migrating_twice_changes_nothing(dsn: str, database: Database) -> None:
    async with database.connection() as connection:
        before = await connection.fetch("SELECT oid, relname FROM pg_class ORDER BY oid")
    await upgrade_async(dsn)
    async with database.connection() as connection:
        assert await connection.fetch("SELECT oid, relname FROM pg_class ORDER BY oid") == before


async def test_several_processes_may_migrate_an_empty_database_at_once(server_dsn: str) -> None:
    name = "migrated_by_many"
    await run_on_server(server_dsn, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await run_on_server(server_dsn, f'CREATE DATABASE "{name}"')
    dsn = with_database(server_dsn, name)
    await asyncio.gather(*(upgrade_async(dsn) for _ in range(4)))
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
    await connection.close()
    await run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_a_live_system_goes_on_while_it_is_migrated(dsn: str, database: Database) -> None:
    async with database.unit_of_work() as connection:
        await connection.execute("INSERT INTO config_versions (account_id, version) VALUES (1, 1)")
        await asyncio.wait_for(upgrade_async(dsn), 10)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT version FROM config_versions WHERE account_id = 1") == 1
