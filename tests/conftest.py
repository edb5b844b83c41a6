"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from tests.vault import VAULT

from leadyard.storage.database import Database
from leadyard.storage.embedded import EmbeddedPostgres
from leadyard.storage.migrate import upgrade


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """A running server: the one that LEADYARD_TEST_DSN names, else an embedded one of this test process's."""
    given = os.environ.get("LEADYARD_TEST_DSN")
    if given:
        yield given
        return
    # As root the server runs as another user, who could not reach pytest's own folder for temporary files.
    with tempfile.TemporaryDirectory(prefix="leadyard-tests-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "data")
        dsn = server.start()
        asyncio.run(_stop_waiting_for_the_disk(dsn))
        yield dsn
        server.stop()


async def _stop_waiting_for_the_disk(dsn: str) -> None:
    """Nothing here outlives its test; what must survive a crash is tested on servers of its own (tests/processes)."""
    for statement in ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off"):
        await run_on_server(dsn, statement)
    await run_on_server(dsn, "SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def template_name(server_dsn: str) -> Iterator[str]:
    """A database at the current schema, migrated once and copied for each test."""
    name = f"template_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}"'))
    upgrade(with_database(server_dsn, name))
    yield name
    asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def spare_databases(server_dsn: str) -> Iterator[list[str]]:
    """Databases that tests have left and that were emptied again: that is ten times faster than a new copy."""
    names: list[str] = []
    yield names
    for name in names:
        asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def dsn(server_dsn: str, template_name: str, spare_databases: list[str]) -> AsyncIterator[str]:
    """An empty database at the current schema."""
    name = spare_databases.pop() if spare_databases else f"test_{uuid.uuid4().hex}"
    if not await run_on_server(server_dsn, f"SELECT FROM pg_database WHERE datname = '{name}'"):
        await run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"')
    address = with_database(server_dsn, name)
    before = await run_on_server(address, _SCHEMA)
    yield address
    await run_on_server(address, _HANG_UP)
    if await run_on_server(address, _SCHEMA) == before:
        await run_on_server(address, _EMPTY)
        spare_databases.append(name)
    else:
        await run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


_SCHEMA = "SELECT oid, relname, relfilenode = 0 AS shared, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid"

_HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_EMPTY = """
DO $$
DECLARE name text; is_used boolean; used text := '';
BEGIN
  FOR name IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_used;
    IF is_used THEN used := used || format(', %I', name); END IF;
  END LOOP;
  IF used <> '' THEN EXECUTE 'TRUNCATE ' || substr(used, 3) || ' CASCADE'; END IF;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
  FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """An open pool on a fresh database."""
    opened = Database(dsn, size=4, vault=VAULT)
    await opened.open()
    yield opened
    await opened.close()


def with_database(dsn: str, name: str) -> str:
    """The same server's address, with another database."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def run_on_server(dsn: str, statement: str) -> list[asyncpg.Record]:
    """Run one statement outside any transaction, and give its rows."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()
