"""Runs jobs, one batch of one job at a time; any number of workers side by side.

The job's row is locked while a batch is done, and what the batch did is written with it: a worker that dies leaves
the job as it was before the batch, for the next worker to go on with.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.intake.quarantine import Quarantine
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.leads import changes, reading
from leadyard.leads.jobs import store
from leadyard.leads.jobs.model import Job, JobKind, JobState, Step, after, batch_size
from leadyard.leads.jobs.service import start_due_releases
from leadyard.leads.outcomes import DONE
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables.operators import accounts

_log = structlog.get_logger(__name__)
_IDLE_SECONDS = 0.5
_RELEASE_SECONDS = 10.0
_AGAIN = timedelta(minutes=1)
_ACCOUNTS = accounts.select().with_only_columns(accounts.c.id).order_by(accounts.c.id)

Batch = Callable[[Connection, AccountSetup, Job], Awaitable[Step]]


class JobRunner:
    """One process's share of the jobs."""

    def __init__(self, database: Database, configuration: Configuration, quarantine: Quarantine) -> None:
        """Share the process's database, set-ups and quarantine."""
        self._database = database
        self._configuration = configuration
        self._quarantine = quarantine
        self._batches: Mapping[JobKind, Batch] = {
            JobKind.REPROCESS: self._reprocess,
            JobKind.RELEASE: self._release,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        loop = asyncio.get_running_loop()
        looked_at = loop.time() - _RELEASE_SECONDS
        while not stop.is_set():
            busy = False
            try:
                if loop.time() - looked_at >= _RELEASE_SECONDS:
                    looked_at = loop.time()
                    await self.start_releases()
                busy = await self.run_due()
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("running jobs failed", error=str(error))
            if not busy:
                await pause(stop, _IDLE_SECONDS)

    async def start_releases(self) -> None:
        """Start the automatic releases that are due, in every account."""
        for row in await self._database.fetch(_ACCOUNTS):
            setup = await self._configuration.current(row["id"])
            async with self._database.unit_of_work() as connection:
                await start_due_releases(connection, setup, clock.now())

    async def run_due(self) -> bool:
        """Do one batch for each account that has a job due; False when there was none."""
        async with self._database.connection() as connection:
            due = await store.due_accounts(connection, clock.now())
        return any([await self._run_one(account_id) for account_id in due])

    async def _run_one(self, account_id: int) -> bool:
        setup = await self._configuration.current(account_id)
        job: Job | None = None
        try:
            async with self._database.unit_of_work() as connection:
                job = await store.claim(connection, account_id, clock.now())
                if job is None:
                    return False
                step = await self._batches[job.kind](connection, setup, job)
                moved = after(job, step, clock.now())
                await store.advance(connection, moved)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            return True
        except UnavailableError:
            raise
        except Exception as error:
            # A job that cannot be done must not stop the others.
            if job is None:
                raise
            await self._postpone(job, error)
            return True
        if moved.state is JobState.DONE:
            _log.info("a job is done", account=account_id, job=job.id, done=job.done, failed=job.failed)
        return True

    async def _postpone(self, job: Job, error: Exception) -> None:
        now = clock.now()
        _log.error("a job's batch failed", account=job.account_id, job=job.id, error=type(error).__name__)
        async with self._database.unit_of_work() as connection:
            await store.postpone(connection, job, now + _AGAIN, type(error).__name__, now)

    async def _reprocess(self, connection: Connection, setup: AccountSetup, job: Job) -> Step:
        ids = await _next(connection, setup, job)
        principal = job.order.author.principal(job.account_id)
        done = await changes.queue_again(connection, principal, ids, clock.now()) if ids else {}
        return Step(ids, sum(reason != DONE for reason in done.values()))

    async def _release(self, connection: Connection, setup: AccountSetup, job: Job) -> Step:
        """Release in units of work of their own: a release is made once however often it is asked for."""
        ids = await _next(connection, setup, job)
        principal = job.order.author.principal(job.account_id)
        done = await self._quarantine.release(principal, ids) if ids else {}
        return Step(ids, sum(reason != DONE for reason in done.values()))


async def _next(connection: Connection, setup: AccountSetup, job: Job) -> list[int]:
    order = job.order
    return await reading.ids_after(connection, setup, order.wanted, job.cursor, batch_size(order.per_minute))
