"""What is learned of buyers' answers to pings, shared by all processes and kept over restarts.

Each process adds what it saw to a table every few seconds and when it ends, and reads the sums. A ping waits for none
of that, but for the first one of an account in a process.
"""

import asyncio
from collections.abc import Mapping

import asyncpg
import structlog

from leadyard.delivery import learning_store as store
from leadyard.delivery.deadlines import LONGEST_MEMORY, Counts, Deadlines, DeliveryKey, slot_of
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.reports.locks import try_lock
from leadyard.storage.database import Database

_log = structlog.get_logger(__name__)
_SYNC_SECONDS = 5.0
_SYNCS_PER_TIDYING = 60
_GROWING_SLOTS = 2


class Learning:
    """One process's share of what is learned."""

    def __init__(self, database: Database) -> None:
        """Write to this database."""
        self.deadlines = Deadlines()
        self._database = database
        self._loading: dict[int, asyncio.Lock] = {}
        self._loaded: set[int] = set()
        self._rounds = 0
        self._syncing = asyncio.Lock()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Share what is learned every few seconds from now on."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._stop.set()
            await self._task
            self._task = None
        await self.sync()

    async def recall(self, account_id: int) -> None:
        """Read what is known of an account's buyers, once per process; pings go on without it when that fails."""
        if account_id in self._loaded:
            return
        async with self._loading.setdefault(account_id, asyncio.Lock()):
            if account_id in self._loaded:
                return
            try:
                async with self._database.connection() as connection:
                    found = await store.read(connection, account_id, None, _oldest_slot())
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("learned deadlines cannot be read", account=account_id, error=str(error))
                return
            self.deadlines.learn(found, ())
            self._loaded.add(account_id)

    async def sync(self) -> None:
        """Add what this process saw to what all know, and read the sums; what cannot be written is kept."""
        async with self._syncing:
            by_account: dict[int, dict[DeliveryKey, Counts]] = {}
            for key, counts in self.deadlines.take().items():
                by_account.setdefault(key[0], {})[key] = counts
            self._rounds += 1
            for account_id, seen in by_account.items():
                try:
                    await self._share(account_id, seen)
                except (UnavailableError, asyncpg.PostgresError) as error:
                    _log.warning("learned deadlines cannot be kept", account=account_id, error=str(error))

    async def _share(self, account_id: int, seen: Mapping[DeliveryKey, Counts]) -> None:
        async with self._database.unit_of_work() as connection:
            # What a crash forgets is learned anew, so it need not wait for the disk.
            await connection.execute("SET LOCAL synchronous_commit = off")
            await store.add(connection, account_id, seen)
            found = await store.read(connection, account_id, [key[1] for key in seen], _oldest_slot())
        self.deadlines.learn(found, list(seen))
        if self._rounds % _SYNCS_PER_TIDYING == 0:
            await self._tidy(account_id)

    async def _tidy(self, account_id: int) -> None:
        settled_before = slot_of(clock.now()) - _GROWING_SLOTS
        async with self._database.unit_of_work() as connection:
            if await try_lock(connection, "ping answers", account_id):
                await store.forget(connection, account_id, _oldest_slot(), settled_before)

    async def _run(self) -> None:
        while not self._stop.is_set():
            await pause(self._stop, _SYNC_SECONDS)
            await self.sync()


async def answers_of(database: Database, account_id: int, delivery_id: int) -> Counts:
    """Read what all processes have seen of a delivery's answers."""
    async with database.connection() as connection:
        found = await store.read(connection, account_id, [delivery_id], _oldest_slot())
    return found.get((account_id, delivery_id), {})


def _oldest_slot() -> int:
    return slot_of(clock.now() - LONGEST_MEMORY)
