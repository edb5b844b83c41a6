"""The worker's loops: events are worked in, and visits of the last hour looked at, for all accounts."""

import asyncio
from collections.abc import Callable

import structlog

from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.storage.database import Database
from leadyard.tracking.collector import store
from leadyard.tracking.collector.working_in import work_in
from leadyard.tracking.following import Following
from leadyard.tracking.fraud.service import look_at_visits
from leadyard.tracking.fraud.store import accounts_with_affiliates

_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class EventWorker:
    """Works in what browsers have sent; several workers share the accounts out between them."""

    def __init__(self, database: Database, following: Following) -> None:
        """Share the process's connections; `following` is what other rooms do about visits."""
        self._database = database
        self._following = following

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await asyncio.gather(self._working_in(stop), self._looking(stop))

    async def _working_in(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            done = 0
            try:
                done = await self.once(lambda: not stop.is_set())
            except UnavailableError as error:
                _log.warning("events were not worked in", error=str(error))
            await pause(stop, 0 if done else _PAUSE_SECONDS)

    async def _looking(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look()
            except UnavailableError as error:
                _log.warning("visits were not looked at", error=str(error))
            await pause(stop, _LOOK_SECONDS)

    async def once(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Go once through the accounts that have events, as long as it `goes_on`; gives how many were worked in."""
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection)
        done = 0
        for account_id in accounts:
            done += await work_in(
                self._database, account_id, following=self._following, waits=False, goes_on=goes_on
            )
        return done

    async def look(self) -> None:
        """Look at the last hour's visits of every account that has affiliates."""
        async with self._database.connection() as connection:
            accounts = await accounts_with_affiliates(connection)
        for account_id in accounts:
            await look_at_visits(self._database, account_id, clock.now())
