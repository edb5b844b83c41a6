"""Runs the imports of files that were handed in: one of an account at a time, some accounts at once.

A worker holds an import for a minute and renews that as it goes. One that dies is followed by the next, which goes on
behind the last row that was written down; rows that were taken since are known and not taken again.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import uuid4

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_news
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table
from leadyard.imports.jobs import store
from leadyard.imports.jobs.model import HELD, KEPT, Import, ImportState
from leadyard.imports.model import ImportRun, Step, Summary
from leadyard.imports.service import Opened, open_import
from leadyard.imports.takers import Takers
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.notices.model import NoticeKind
from leadyard.notices.service import note
from leadyard.storage.database import Connection, Database

_log = structlog.get_logger(__name__)
_IDLE_SECONDS = 1.0
_TIDY_SECONDS = 600.0
_MOST_AT_ONCE = 3
_AGAIN = timedelta(minutes=1)


class _LostError(Exception):
    """The import was taken over or cancelled."""


class ImportRunner:
    """One process's share of the imports."""

    def __init__(self, database: Database, configuration: Configuration, takers: Takers) -> None:
        """Share the process's database, set-ups and takers of rows."""
        self._database = database
        self._configuration = configuration
        self._takers = takers

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; an import under way is then left to others."""
        running: dict[int, asyncio.Task[bool]] = {}
        loop = asyncio.get_running_loop()
        tidied_at = loop.time() - _TIDY_SECONDS
        while not stop.is_set():
            try:
                if loop.time() - tidied_at >= _TIDY_SECONDS:
                    tidied_at = loop.time()
                    await self.tidy()
                for account_id in await self._due():
                    if account_id not in running and len(running) < _MOST_AT_ONCE:
                        running[account_id] = asyncio.create_task(self.run_one(account_id, stop))
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("looking for imports failed", error=str(error))
            await pause(stop, _IDLE_SECONDS)
            running = {account_id: task for account_id, task in running.items() if not _is_over(task)}
        await asyncio.gather(*running.values(), return_exceptions=True)

    async def run_one(self, account_id: int, stop: asyncio.Event | None = None) -> bool:
        """Go on with one import of an account as far as it goes; False when there is none."""
        held: Import | None = None
        stopping = stop or asyncio.Event()
        try:
            held = await self._claim(account_id)
            if held is None:
                return False
            async with self._kept_alive(held):
                await self._go_on(held, stopping)
        except _LostError:
            _log.info("an import was cancelled or taken over", account=account_id)
        except ImportFileError as error:
            await self._fail(held, str(error))
        except Exception as error:
            # An import that cannot be done must not stop the others.
            if held is None:
                raise
            _log.exception("an import failed for now", account=account_id, error=type(error).__name__)
            await self._postpone(held, error)
        return True

    async def tidy(self) -> None:
        """Forget the files of imports that ended long ago."""
        before = clock.now() - KEPT
        async with self._database.connection() as connection:
            accounts = await store.full_accounts(connection, before)
        for account_id in accounts:
            async with self._database.unit_of_work() as connection:
                ids = await store.ended_before(connection, account_id, before)
                await store.empty(connection, account_id, ids)

    async def _due(self) -> list[int]:
        async with self._database.connection() as connection:
            return await store.due_accounts(connection, clock.now())

    async def _claim(self, account_id: int) -> Import | None:
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            for import_id in await store.abandoned(connection, account_id, now):
                await store.cancel(connection, account_id, import_id, now)
                await store.empty(connection, account_id, [import_id])
            # Each hold has a name of its own: a worker that lost an import must not pass for the one that has it now.
            return await store.claim(connection, account_id, uuid4(), now + HELD, now)

    @contextlib.asynccontextmanager
    async def _kept_alive(self, held: Import) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(HELD.total_seconds() / 3)
                with contextlib.suppress(UnavailableError):
                    async with self._database.connection() as connection:
                        await store.hold(connection, held, clock.now() + HELD)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()

    async def _go_on(self, held: Import, stop: asyncio.Event) -> None:
        setup = await self._configuration.current(held.account_id)
        started = held.started_at or held.created_at
        run = ImportRun(held.account_id, held.digest or b"", held.order, started)
        taker = self._takers.of(setup, run, held.author.principal(held.account_id))
        with tempfile.NamedTemporaryFile(prefix="leadyard-import-") as file, contextlib.ExitStack() as stack:
            await self._fetch(held, file)
            reading = open_table(Path(file.name), held.order.sheet)
            table = await asyncio.to_thread(stack.enter_context, reading)
            opened = open_import(table, held.order, taker)
            async with self._database.unit_of_work() as connection:
                await store.begin(connection, held, table.header, table.most_rows, clock.now())
            await self._take_rows(setup, held, opened, stop)

    async def _take_rows(
        self, setup: AccountSetup, held: Import, opened: Opened, stop: asyncio.Event
    ) -> None:
        summary = msgspec.structs.replace(held.summary, refused=dict(held.summary.refused))

        async def note(step: Step) -> None:
            summary.add(step.summary)
            now = clock.now()
            async with self._database.unit_of_work() as connection:
                state = await store.advance(connection, held, step, summary, now + HELD, now)
            if state is not ImportState.ACTIVE:
                raise _LostError

        is_ended = await opened.run(note, after_row=held.cursor, goes_on=lambda: not stop.is_set())
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            if is_ended:
                await _end(connection, setup, held, summary, ImportState.DONE)
            else:
                await store.release(connection, held, now, now)

    async def _fetch(self, held: Import, file: IO[bytes]) -> None:
        number = 0
        while True:
            async with self._database.connection() as connection:
                chunk = await store.chunk(connection, held.account_id, held.id, number)
            if chunk is None:
                break
            file.write(chunk)
            number += 1
        file.flush()

    async def _fail(self, held: Import | None, problem: str) -> None:
        if held is not None:
            setup = await self._configuration.current(held.account_id)
            async with self._database.unit_of_work() as connection:
                await _end(connection, setup, held, held.summary, ImportState.FAILED, problem)
                told = {"import": {"id": held.id, "problem": problem}}
                await note(connection, held.account_id, NoticeKind.IMPORT_FAILED, [told])

    async def _postpone(self, held: Import, error: Exception) -> None:
        now = clock.now()
        with contextlib.suppress(UnavailableError):
            async with self._database.unit_of_work() as connection:
                await store.release(connection, held, now + _AGAIN, now, type(error).__name__)


async def _end(
    connection: Connection,
    setup: AccountSetup,
    held: Import,
    summary: Summary,
    state: ImportState,
    problem: str | None = None,
) -> None:
    """End an import that is still held, and tell of it."""
    now = clock.now()
    if await store.end(connection, held, state, now, problem):
        refused = sum(summary.refused.values()) + summary.unreadable
        told = {
            "id": held.id, "name": held.name, "kind": held.order.kind, "state": state.name.lower(), "rows": summary.rows,
            "accepted": summary.accepted, "refused": refused, "problem": problem,
        }  # fmt: skip
        await announce_news(connection, setup, now, WebhookEvent.IMPORT_FINISHED, [{"import": told}])


def _is_over(task: asyncio.Task[bool]) -> bool:
    if task.done() and (error := task.exception()) is not None:
        _log.warning("looking for an import failed", error=str(error))
    return task.done()
