"""Runs jobs, one batch of one job at a time; any number of workers side by side.

A batch begins with a commit that keeps others from the job for as long as the throttle asks after a full batch, so
that a worker that dies in it lets nobody through too early. Then the job's row is locked while the batch is done, and
how far it came is written with it: the next worker goes on from before the batch, whose leads are not found again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.intake.quarantine import Quarantine
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, UnavailableError
from leadyard.kit.waiting import pause
from leadyard.leads import changes
from leadyard.leads.jobs import store
from leadyard.leads.jobs.model import Job, JobKind, JobState, Step, after
from leadyard.leads.jobs.service import start_due_releases
from leadyard.leads.jobs.throttle import batch_size, longest_pause
from leadyard.leads.matching import Found, RuleTests, next_found
from leadyard.leads.outcomes import DONE
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables.operators import accounts

_log = structlog.get_logger(__name__)
_IDLE_SECONDS = 0.5
_RELEASE_SECONDS = 10.0
_AGAIN = timedelta(minutes=1)
_ACCOUNTS = accounts.select().with_only_columns(accounts.c.id).order_by(accounts.c.id)

Batch = Callable[[Connection, Job, list[int]], Awaitable[int]]
"""Does a job's work on leads; gives how many could not be done."""


class JobRunner:
    """One process's share of the jobs."""

    def __init__(self, database: Database, configuration: Configuration, quarantine: Quarantine) -> None:
        """Share the process's database, set-ups and quarantine."""
        self._database = database
        self._configuration = configuration
        self._quarantine = quarantine
        self._tests = RuleTests(database)
        self._batches: Mapping[JobKind, Batch] = {
            JobKind.REPROCESS: self._reprocess,
            JobKind.RELEASE: self._release,
            JobKind.REJECT: self._reject,
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
            job = await self._claim(account_id)
            if job is None:
                return False
            async with self._database.unit_of_work() as connection:
                if not await store.lock(connection, job):
                    return True
                moved = after(job, await self._step(connection, setup, job), clock.now())
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

    async def _claim(self, account_id: int) -> Job | None:
        """Take the job that is due first, and keep others from it for as long as a full batch asks."""
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            job = await store.claim(connection, account_id, now)
            if job is None:
                return None
            held = msgspec.structs.replace(job, due_at=now + longest_pause(job.order.per_minute))
            await store.hold(connection, held)
        return held

    async def _postpone(self, job: Job, error: Exception) -> None:
        now = clock.now()
        told = str(error) if isinstance(error, InvalidInputError) else type(error).__name__
        _log.error("a job's batch failed", account=job.account_id, job=job.id, error=told)
        async with self._database.unit_of_work() as connection:
            await store.postpone(connection, job, now + _AGAIN, told, now)

    async def _step(self, connection: Connection, setup: AccountSetup, job: Job) -> Step:
        found = await self._next(connection, setup, job)
        ids = found.lead_ids
        failed = await self._batches[job.kind](connection, job, ids) if ids else 0
        return Step(len(ids), failed, found.skipped, found.last_id)

    async def _next(self, connection: Connection, setup: AccountSetup, job: Job) -> Found:
        order, test = job.order, None
        if order.rule is not None:
            campaign = setup.campaigns[order.wanted.campaign_id or 0]
            test = await self._tests.of(setup, campaign, order.rule)
        most = batch_size(order.per_minute)
        return await next_found(connection, setup, order.wanted, test, job.cursor, most)

    async def _reprocess(self, connection: Connection, job: Job, ids: list[int]) -> int:
        done = await changes.queue_again(connection, _author(job), ids, clock.now())
        return sum(reason != DONE for reason in done.values())

    async def _release(self, connection: Connection, job: Job, ids: list[int]) -> int:  # noqa: ARG002 - a Batch
        """Release in units of work of their own: a release is made once however often it is asked for."""
        done = await self._quarantine.release(_author(job), ids, because=_named(job))
        return sum(reason != DONE for reason in done.values())

    async def _reject(self, connection: Connection, job: Job, ids: list[int]) -> int:  # noqa: ARG002 - a Batch
        done = await self._quarantine.reject(_author(job), ids, because=_named(job))
        return sum(reason != DONE for reason in done.values())


def _author(job: Job) -> Principal:
    return job.order.author.principal(job.account_id)


def _named(job: Job) -> str:
    return f"job {job.id}"
