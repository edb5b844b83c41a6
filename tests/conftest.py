"""A real PostgreSQL for the tests: one server per test process, one fresh database per test."""

import asyncio
import contextlib
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


class Copies:
    """Copies of a template, each used by one test after the other: emptying one is ten times faster than a new one.

    What the template holds is put back; a copy whose schema a test has changed is thrown away.
    """

    def __init__(self, server_dsn: str, template: str) -> None:
        self._server = server_dsn
        self._template = template
        self._spare: list[str] = []
        address = with_database(server_dsn, template)
        asyncio.run(run_on_server(address, _KEEP))
        self._schema = asyncio.run(run_on_server(address, _SCHEMA))

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        name = self._spare.pop() if self._spare else await self._copy()
        address = with_database(self._server, name)
        yield address
        if await self._restored(address):
            self._spare.append(name)
        else:
            await run_on_server(self._server, f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _restored(self, address: str) -> bool:
        """Put back what the template holds, if the schema is still the template's."""
        connection = await asyncpg.connect(address)
        try:
            await connection.execute(_HANG_UP)
            if await connection.fetch(_SCHEMA) != self._schema:
                return False
            await connection.execute(_RESTORE)
        finally:
            await connection.close()
        return True

    async def _copy(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        await run_on_server(self._server, f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return name

    def close(self) -> None:
        for name in (*self._spare, self._template):
            asyncio.run(run_on_server(self._server, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def template_name(server_dsn: str) -> Iterator[str]:
    """A database at the current schema, migrated once."""
    name = f"template_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}"'))
    upgrade(with_database(server_dsn, name))
    yield name
    asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def empty_databases(server_dsn: str, template_name: str) -> Iterator[Copies]:
    """Databases at the current schema, with nothing in them."""
    name = f"empty_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    copies = Copies(server_dsn, name)
    yield copies
    copies.close()


@pytest.fixture
async def dsn(empty_databases: Copies) -> AsyncIterator[str]:
    """An empty database at the current schema."""
    async with empty_databases.lend() as address:
        yield address


_SCHEMA = """
SELECT oid, relname, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid
"""

_HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_KEEP = """
DO $$
DECLARE name text; is_used boolean;
BEGIN
  CREATE SCHEMA kept;
  CREATE TABLE kept.sequences AS SELECT sequencename AS name, last_value FROM pg_sequences;
  FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO is_used;
    IF is_used THEN EXECUTE format('CREATE TABLE kept.t_%s AS TABLE public.%I', name, name); END IF;
  END LOOP;
END $$
"""

_RESTORE = """
DO $$
DECLARE name text; is_used boolean; used text := '';
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO is_used;
    IF is_used THEN used := used || format(', public.%I', name); END IF;
  END LOOP;
  IF used <> '' THEN EXECUTE 'TRUNCATE ' || substr(used, 3) || ' CASCADE'; END IF;
  FOR name IN SELECT substr(relname, 3) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'kept'::regnamespace AND starts_with(relname, 't_')
  LOOP
    EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM kept.t_%s', name, name);
  END LOOP;
  PERFORM setval(format('public.%I', s.name)::regclass, coalesce(s.last_value, 1), s.last_value IS NOT NULL)
  FROM kept.sequences s;
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
