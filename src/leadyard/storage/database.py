"""The pool of connections and the unit of work: the only place that begins and commits transactions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import asyncpg
import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from leadyard.kit.errors import UnavailableError
from leadyard.storage.closing import Closing
from leadyard.storage.plans import RENEW, Plans
from leadyard.storage.vault import Vault

Row = asyncpg.Record
if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What asyncpg raises when the server, not the statement, is at fault.

InternalClientError is what a connection raises that the server has just given up, until its socket is closed.
"""

_log = structlog.get_logger(__name__)
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder()
_JSONB_VERSION = b"\x01"
_BESIDE = 2
_SESSION = {"jit": "off"}
"""Compiling a statement takes longer than running any of ours, and is begun by an estimate that is off."""

LARGEST_ID = 2**63 - 1
"""The largest whole number that the database holds."""


def encode_json(value: object) -> str:
    """Write a value as JSON text for a `text[]` parameter that the statement casts to jsonb."""
    return _ENCODER.encode(value).decode()


def compiled(statement: sa.ClauseElement) -> tuple[str, tuple[Any, ...]]:
    """Compile a composed statement to PostgreSQL's numbered parameters and their values, in order."""
    result = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    names: list[str] = getattr(result, "positiontup", None) or []
    return str(result), tuple(result.params[name] for name in names)


async def prepare_connection(connection: Connection) -> None:
    """Give a new connection our JSON codec."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: _JSONB_VERSION + _ENCODER.encode(value),
        decoder=lambda raw: _DECODER.decode(raw[1:]),
    )


async def _keep(_: Connection) -> None:
    """Leave a connection as it is between uses: we set nothing that outlives a transaction."""


class _KeyedConnection(asyncpg.Connection):
    """A connection that carries the process's keys, for whoever reads and writes secrets over it, its pool, and more."""

    vault: Vault
    database: "Database"
    closing: Closing
    plans: Plans


def vault_of(connection: Connection) -> Vault:
    """Give the secret keys of the process that a connection belongs to."""
    return cast("_KeyedConnection", connection).vault


def database_of(connection: Connection) -> "Database":
    """Give the connections of the process that a connection belongs to."""
    return cast("_KeyedConnection", connection).database


def closing_of(connection: Connection) -> Closing:
    """Give what a connection's unit of work has yet to add to rows that many share."""
    return cast("_KeyedConnection", connection).closing


class Database:
    """One process's connections to PostgreSQL."""

    def __init__(self, dsn: str, *, size: int = 10, vault: Vault | None = None) -> None:
        """Keep the address and the secret keys; nothing is opened yet. Without keys no secret can be read."""
        self.dsn = dsn
        self._size = size
        self._vault = vault or Vault()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._beside: asyncpg.Pool[asyncpg.Record] | None = None
        self.id_blocks: dict[str, Any] = {}

    async def open(self) -> None:
        """Open the pool; raises UnavailableError when the server does not answer."""
        try:
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=1,
                max_size=self._size,
                connection_class=_KeyedConnection,
                init=self._prepare,
                reset=_keep,
                command_timeout=60,
                server_settings=_SESSION,
            )
            self._beside = await asyncpg.create_pool(
                self.dsn,
                min_size=0,
                max_size=_BESIDE,
                connection_class=_KeyedConnection,
                init=self._prepare,
                reset=_keep,
                command_timeout=60,
                server_settings=_SESSION,
            )
        except LOST as error:
            raise UnavailableError("the database cannot be reached") from error

    async def _prepare(self, connection: Connection) -> None:
        keyed = cast("_KeyedConnection", connection)
        keyed.vault, keyed.database = self._vault, self
        keyed.closing, keyed.plans = Closing(), Plans()
        await prepare_connection(connection)

    async def open_patiently(self, stop: asyncio.Event) -> None:
        """Open the pool, waiting for a server that is still starting, until told to stop."""
        while not stop.is_set():
            try:
                await self.open()
            except UnavailableError as error:
                _log.warning("waiting for the database", error=str(error))
                await asyncio.sleep(0.5)
            else:
                return

    async def close(self) -> None:
        """Close the pool, giving statements in flight a moment to end."""
        for pool in (self._pool, self._beside):
            if pool is not None:
                try:
                    await asyncio.wait_for(pool.close(), 5)
                except TimeoutError:
                    pool.terminate()
        self._pool = self._beside = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection outside any transaction, for reads and single statements."""
        async with self._lent(self._pool) as connection:
            yield connection

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Connection]:
        """Lend a connection to whoever is in a unit of work already, for a statement that commits by itself.

        These connections are kept apart, so that units of work which need one never wait for each other's.
        """
        async with self._lent(self._beside) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, pool: "asyncpg.Pool[asyncpg.Record] | None") -> AsyncIterator[Connection]:
        if pool is None:
            raise UnavailableError("the database is not open")
        try:
            async with pool.acquire(timeout=10) as connection:
                if cast("_KeyedConnection", connection).plans.are_old():
                    await connection.execute(RENEW)
                yield connection
        except asyncpg.DataError:
            raise
        except LOST as error:
            raise UnavailableError("the database cannot be reached") from error

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction that commits when the block ends without an error."""
        async with self.connection() as connection, connection.transaction():
            closing = closing_of(connection)
            closing.begin()
            try:
                yield connection
                await closing.write(connection)
            finally:
                closing.end()

    async def fetch(self, statement: sa.ClauseElement) -> list[Row]:
        """Run one composed query."""
        sql, values = compiled(statement)
        async with self.connection() as connection:
            return await connection.fetch(sql, *values)


async def execute(connection: Connection, statement: sa.ClauseElement) -> None:
    """Run one composed statement inside the caller's unit of work."""
    sql, values = compiled(statement)
    await connection.execute(sql, *values)


async def fetch(connection: Connection, statement: sa.ClauseElement) -> Sequence[Row]:
    """Run one composed query inside the caller's unit of work."""
    sql, values = compiled(statement)
    return await connection.fetch(sql, *values)
