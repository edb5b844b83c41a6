"""Making, watching and cancelling jobs."""

from datetime import datetime, timedelta

import msgspec

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.leads import reading
from leadyard.leads.jobs import store
from leadyard.leads.jobs.model import (
    AUTOMATIC,
    MOST_PER_MINUTE,
    Author,
    Job,
    JobKind,
    JobOrder,
    JobState,
)
from leadyard.leads.model import SystemStatus
from leadyard.leads.reading import LeadFilter
from leadyard.reports.locks import try_lock
from leadyard.storage.database import LARGEST_ID, Connection, Database

_WANTED = {JobKind.REPROCESS: SystemStatus.VALID, JobKind.RELEASE: SystemStatus.QUARANTINED}


class Jobs:
    """The jobs of every account. Permissions are checked by whoever calls."""

    def __init__(self, database: Database, configuration: Configuration) -> None:
        """Share the process's database and set-ups."""
        self._database = database
        self._configuration = configuration

    async def preview(self, principal: Principal, kind: JobKind, wanted: LeadFilter) -> int:
        """Count the leads that a job would take on."""
        setup = await self._configuration.setup(principal.account_id)
        async with self._database.connection() as connection:
            count, _ = await reading.extent(connection, setup, _limited(principal, kind, wanted))
        return count

    async def start(self, principal: Principal, kind: JobKind, wanted: LeadFilter, per_minute: int) -> Job:
        """Make a job for the leads that are there now, so many a minute; raises InvalidInputError."""
        if not 1 <= per_minute <= MOST_PER_MINUTE:
            raise InvalidInputError.of("per_minute", f"must be from 1 to {MOST_PER_MINUTE}")
        setup = await self._configuration.setup(principal.account_id)
        order = JobOrder(_limited(principal, kind, wanted), per_minute, Author.of(principal))
        async with self._database.unit_of_work() as connection:
            return await _start(connection, setup, kind, order, principal.actor, clock.now())

    async def page(
        self,
        account_id: int,
        *,
        state: JobState | None = None,
        kind: JobKind | None = None,
        before_id: int | None = None,
        most: int = 50,
    ) -> list[Job]:
        """List jobs by falling id."""
        async with self._database.connection() as connection:
            return await store.page(connection, account_id, state, kind, before_id, most)

    async def read(self, account_id: int, job_id: int) -> Job:
        """Read a job; raises NotFoundError."""
        async with self._database.connection() as connection:
            found = await store.find(connection, account_id, min(job_id, LARGEST_ID))
        if found is None:
            raise NotFoundError("There is no such job.")
        return found

    async def cancel(self, account_id: int, job_id: int) -> bool:
        """End a job after the batch under way; raises NotFoundError, gives False when it was over already."""
        await self.read(account_id, job_id)
        async with self._database.unit_of_work() as connection:
            return await store.cancel(connection, account_id, job_id, clock.now())


async def start_due_releases(connection: Connection, setup: AccountSetup, now: datetime) -> None:
    """Start the release of leads that lay in quarantine as long as their campaign wants; one job a campaign.

    Inside the caller's unit of work; nothing is done where another process is just doing it.
    """
    account_id = setup.account.id
    timed = [c for c in setup.campaigns.values() if c.settings.release_after_minutes is not None]
    if not timed or not await try_lock(connection, AUTOMATIC, account_id):
        return
    running = await store.active(connection, account_id, JobKind.RELEASE)
    busy = {job.order.wanted.campaign_id for job in running if job.made_by == AUTOMATIC}
    for campaign in timed:
        before = now - timedelta(minutes=campaign.settings.release_after_minutes or 0)
        oldest = await store.oldest_held(connection, account_id, campaign.id)
        if campaign.id in busy or oldest is None or oldest > before:
            continue
        # The filter leaves the end of the window outside; a lead of that very instant is due too.
        wanted = LeadFilter(
            campaign_id=campaign.id,
            system_status=SystemStatus.QUARANTINED,
            received_to=before + timedelta(microseconds=1),
        )
        order = JobOrder(wanted, campaign.settings.release_per_minute)
        await _start(connection, setup, JobKind.RELEASE, order, AUTOMATIC, now)


async def _start(
    connection: Connection, setup: AccountSetup, kind: JobKind, order: JobOrder, made_by: str, now: datetime
) -> Job:
    count, last = await reading.extent(connection, setup, order.wanted)
    # Leads that come in later are no part of it.
    bounded = msgspec.structs.replace(order, wanted=msgspec.structs.replace(order.wanted, before_id=last + 1))
    job = Job(
        setup.account.id, 0, kind, bounded, JobState.ACTIVE, 0, count, 0, 0, now, made_by, now, now, None
    )
    return await store.insert(connection, job)


def _limited(principal: Principal, kind: JobKind, wanted: LeadFilter) -> LeadFilter:
    own = principal.key.supplier_id
    supplier_id = wanted.supplier_id if own is None else own
    return msgspec.structs.replace(wanted, system_status=_WANTED[kind], supplier_id=supplier_id)
