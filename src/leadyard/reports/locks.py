"""Locks that hold over all processes: PostgreSQL's advisory locks, freed with the transaction that took them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from leadyard.kit.errors import LeadyardError
from leadyard.storage.database import Connection, Database

_POLL_SECONDS = 0.05
_TRY = "SELECT pg_try_advisory_xact_lock($1)"


class ReportBusyError(LeadyardError):
    """The same account's report of the same type is still being worked out."""

    def __init__(self) -> None:
        """Say so in the words that callers look for (docs/leadbyte.md, "Reports")."""
        super().__init__("Another report request is currently being processed, please wait and try again")


def lock_number(purpose: str, account_id: int) -> int:
    """Give the advisory lock of a purpose in an account: 64 bits of a hash, so that purposes do not meet."""
    digest = hashlib.blake2b(f"{purpose}/{account_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def try_lock(connection: Connection, purpose: str, account_id: int) -> bool:
    """Take a lock until the caller's transaction ends; False when another transaction holds it."""
    return bool(await connection.fetchval(_TRY, lock_number(purpose, account_id)))


class ReportLocks:
    """At most one report of each type per account at a time, over all processes; one object per process."""

    def __init__(self, database: Database) -> None:
        """Lock on connections of this database."""
        self._database = database
        self._queues: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(
        self, account_id: int, report_type: str, wait_seconds: float = 2.0
    ) -> AsyncIterator[Connection]:
        """Lend the connection whose transaction holds the lock, for the report to be read on.

        The lock ends with the transaction: after an error, a cancellation or the death of the process too.
        Those who wait hold no connection, and only one of them per process asks the server.
        Raises ReportBusyError when the lock is not free within `wait_seconds`.
        """
        deadline = asyncio.get_running_loop().time() + wait_seconds
        queue = self._queues.setdefault((account_id, report_type), asyncio.Lock())
        try:
            async with asyncio.timeout(wait_seconds):
                await queue.acquire()
        except TimeoutError:
            raise ReportBusyError from None
        try:
            async with self._locked(account_id, report_type, deadline) as connection:
                yield connection
        finally:
            queue.release()

    @asynccontextmanager
    async def _locked(self, account_id: int, report_type: str, deadline: float) -> AsyncIterator[Connection]:
        loop = asyncio.get_running_loop()
        while True:
            async with self._database.unit_of_work() as connection:
                if await try_lock(connection, f"report {report_type}", account_id):
                    yield connection
                    return
            if loop.time() >= deadline:
                raise ReportBusyError
            await asyncio.sleep(_POLL_SECONDS)
