"""Making, watching and cancelling jobs."""

from datetime import datetime, timedelta

import msgspec

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.leads import reading
from leadyard.leads.jobs import store
from leadyard.leads.jobs.model import AUTOMATIC, Author, Job, JobKind, JobOrder, JobState
from leadyard.leads.jobs.throttle import MOST_PER_MINUTE
from leadyard.leads.matching import LOOKED_AT_ONCE, RuleTests, next_found
from leadyard.leads.model import SystemStatus
from leadyard.leads.reading import LeadFilter
from leadyard.reports.locks import try_lock
from leadyard.routing.rules import Rule, Test
from leadyard.storage.database import LARGEST_ID, Connection, Database

_WANTED = {
    JobKind.REPROCESS: SystemStatus.VALID,
    JobKind.RELEASE: SystemStatus.QUARANTINED,
    JobKind.REJECT: SystemStatus.QUARANTINED,
}
MOST_PREVIEWED = 100_000
"""So many leads are tried on a rule before a preview says `at least`."""


class Preview(msgspec.Struct, frozen=True):
    """How many leads a job would take on; `is_at_least` tells that only the first MOST_PREVIEWED were tried."""

    count: int
    is_at_least: bool = False


class Jobs:
    """The jobs of every account. Permissions are checked by whoever calls."""

    def __init__(self, database: Database, configuration: Configuration) -> None:
        """Share the process's database and set-ups."""
        self._database = database
        self._configuration = configuration
        self._tests = RuleTests(database)

    async def preview(
        self, principal: Principal, kind: JobKind, wanted: LeadFilter, rule: Rule | None = None
    ) -> Preview:
        """Count the leads that a job would take on; raises InvalidInputError for a rule that cannot be used."""
        setup = await self._configuration.current(principal.account_id)
        limited = _limited(principal, kind, wanted)
        test = await self._test(setup, wanted, rule)
        async with self._database.connection() as connection:
            if test is None:
                return Preview((await reading.extent(connection, setup, limited))[0])
            return await _tried(connection, setup, limited, test)

    async def start(
        self,
        principal: Principal,
        kind: JobKind,
        wanted: LeadFilter,
        per_minute: int,
        rule: Rule | None = None,
    ) -> Job:
        """Make a job for the leads that are there now, so many a minute; raises InvalidInputError."""
        if not 1 <= per_minute <= MOST_PER_MINUTE:
            raise InvalidInputError.of("per_minute", f"must be from 1 to {MOST_PER_MINUTE}")
        setup = await self._configuration.current(principal.account_id)
        await self._test(setup, wanted, rule)
        order = JobOrder(_limited(principal, kind, wanted), per_minute, Author.of(principal), rule)
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

    async def _test(self, setup: AccountSetup, wanted: LeadFilter, rule: Rule | None) -> Test | None:
        if rule is None:
            return None
        if wanted.campaign_id is None:
            raise InvalidInputError.of("filter.campaign_id", "is needed: a rule is about a campaign's fields")
        campaign = setup.campaigns.get(wanted.campaign_id)
        if campaign is None:
            raise InvalidInputError.of("filter.campaign_id", "does not exist")
        return await self._tests.of(setup, campaign, rule)


async def _tried(connection: Connection, setup: AccountSetup, wanted: LeadFilter, test: Test) -> Preview:
    count = last = 0
    for _ in range(MOST_PREVIEWED // LOOKED_AT_ONCE):
        found = await next_found(connection, setup, wanted, test, last, LOOKED_AT_ONCE)
        if found.last_id is None:
            return Preview(count)
        count, last = count + len(found.lead_ids), found.last_id
    return Preview(count, is_at_least=True)


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
        setup.account.id, 0, kind, bounded, JobState.ACTIVE, 0, count, 0, 0, 0, now, made_by, now, now, None
    )
    return await store.insert(connection, job)


def _limited(principal: Principal, kind: JobKind, wanted: LeadFilter) -> LeadFilter:
    own = principal.key.supplier_id
    supplier_id = wanted.supplier_id if own is None else own
    return msgspec.structs.replace(wanted, system_status=_WANTED[kind], supplier_id=supplier_id)
