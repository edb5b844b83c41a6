"""Removing what is old, in units of work so small that nobody waits for one; any number of workers side by side."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import msgspec
import structlog

from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.retention import store
from leadyard.storage.database import Connection, Database

_log = structlog.get_logger(__name__)
_MOST_MESSAGES = 1000
_MOST_LEADS = 500
_BATCHES_PER_RUN = 20
_IDLE_SECONDS = 60.0
_BUSY_SECONDS = 1.0
_NEXT_PASS = timedelta(days=30)
_INSTANT = timedelta(microseconds=1)


class Retention(msgspec.Struct, frozen=True):
    """For how many days things are kept; 0 is for ever.

    Notices go when they are acknowledged and as old as sent messages may be, and all when traces go.
    """

    sent_message_days: int = 30
    trace_days: int = 400


async def evidence_gone_before(connection: Connection, account_id: int) -> datetime | None:
    """Tell before which receipt leads may have lost their decision traces and bids; None when none has."""
    return await store.gone_before(connection, account_id)


class Pruner:
    """One process's share of removing what is old."""

    def __init__(self, database: Database, retention: Retention) -> None:
        """Remove from this database what is older than that."""
        self._database = database
        self._retention = retention

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            busy = False
            try:
                busy = await self.prune()
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("removing what is old failed", error=str(error))
            await pause(stop, _BUSY_SECONDS if busy else _IDLE_SECONDS)

    async def prune(self) -> bool:
        """Remove some of what is old of every account; True when there is more."""
        async with self._database.connection() as connection:
            accounts = await store.account_ids(connection)
        return any([await self._prune_account(account_id) for account_id in accounts])

    async def _prune_account(self, account_id: int) -> bool:
        kept = self._retention
        messages = await self._messages(account_id) if kept.sent_message_days else False
        notices = [
            await self._notices(account_id, days, only_acknowledged=only_acknowledged)
            for days, only_acknowledged in ((kept.sent_message_days, True), (kept.trace_days, False))
            if days
        ]
        traces = await self._traces(account_id) if kept.trace_days else False
        return messages or traces or any(notices)

    async def _messages(self, account_id: int) -> bool:
        sent_before = clock.now() - timedelta(days=self._retention.sent_message_days)
        for _ in range(_BATCHES_PER_RUN):
            async with self._database.unit_of_work() as connection:
                gone = await store.forget_sent(connection, account_id, sent_before, _MOST_MESSAGES)
            if gone < _MOST_MESSAGES:
                return False
        return True

    async def _notices(self, account_id: int, days: int, *, only_acknowledged: bool) -> bool:
        before = clock.now() - timedelta(days=days)
        async with self._database.unit_of_work() as connection:
            gone = await store.forget_notices(
                connection, account_id, before, _MOST_MESSAGES, only_acknowledged=only_acknowledged
            )
        return gone == _MOST_MESSAGES

    async def _traces(self, account_id: int) -> bool:
        before = clock.now() - timedelta(days=self._retention.trace_days)
        for _ in range(_BATCHES_PER_RUN):
            async with self._database.unit_of_work() as connection:
                if not await _forget_some(connection, account_id, before):
                    return False
        return True


async def _forget_some(connection: Connection, account_id: int, before: datetime) -> bool:
    """Remove the old decisions of the next leads in order of id; False at the first lead that is not old.

    A new pass begins after a while, for leads that came out of order and for what happened late to old ones.
    """
    known = await store.lock(connection, account_id)
    if known is None:
        return False
    found = await store.leads_after(connection, account_id, known.looked_to, _MOST_LEADS)
    young = next((place for place, (_, received_at) in enumerate(found) if received_at >= before), len(found))
    old = dict(found[:young])
    if not old:
        now = clock.now()
        if now - known.pass_started_at >= _NEXT_PASS:
            await store.advance(connection, account_id, store.Pass(0, now, known.gone_before))
        return False
    last_id = max(old)
    touched = await store.forget_traces(connection, account_id, known.looked_to, last_id, before)
    gone = [old[lead_id] + _INSTANT for lead_id in touched]
    if known.gone_before is not None:
        gone.append(known.gone_before)
    moved = store.Pass(last_id, known.pass_started_at, max(gone, default=None))
    await store.advance(connection, account_id, moved)
    return young == len(found)
