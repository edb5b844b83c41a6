"""The delivery worker: claims leads, sends them, books what came of it."""

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import asyncpg
import prometheus_client
import structlog
from msgspec import structs

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import auction_store, outbox, store, worker_store
from leadyard.delivery.auctions import Auction, Auctioneer
from leadyard.delivery.breaker import BatchBreakers, Breaker
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.outcomes import OutcomeBatch
from leadyard.delivery.planning import Asking, Plan, Planner, read_job, write_plan
from leadyard.delivery.sending import Job, Result, Sending, result_of, settings_in_time, template_values
from leadyard.delivery.settling import most_entries
from leadyard.delivery.subscriptions import about
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.metrics import ATTEMPTS
from leadyard.kit.waiting import pause
from leadyard.ledger.service import Ledger
from leadyard.people.service import note_submitters
from leadyard.people.submitting import submitter_of
from leadyard.routing.routes import Routes
from leadyard.storage.database import Connection, Database
from leadyard.storage.group_commit import GroupCommit

_log = structlog.get_logger(__name__)
_CLAIM_MOST = 256
_LOOKS, _LOOK_SECONDS = 4, 0.001
_SILENCE = timedelta(seconds=15)
_BEAT_SECONDS, _LOOKS_AT_ALL = 2.0, 30
_UNUSED_PINGS = timedelta(days=1)


Carrier = Callable[[DeliverySettings, Mapping[str, str], str], Awaitable[Verdict]]
"""Carries one lead, as template values, to a buyer under an idempotency key; never raises for trouble on the way."""

SendingCarrier = Callable[[Sending, Mapping[str, str], str], Awaitable[Verdict]]
"""Like a Carrier, for kinds that need to know the attempt and its account's set-up."""


class DeliveryWorker:
    """One process's share of the sending; any number run side by side."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        ledger: Ledger,
        carriers: Mapping[DeliveryKind, Carrier],
        auctioneer: Auctioneer,
        *,
        sending_carriers: Mapping[DeliveryKind, SendingCarrier] | None = None,
        name: str = "worker",
        most_in_flight: int = 256,
    ) -> None:
        """Share the process's database, set-ups and ledger; `carriers` know each kind of delivery.

        `sending_carriers` are those that need more of the attempt than its delivery's settings.
        """
        self._database = database
        self._configuration = configuration
        self._ledger = ledger
        self._carriers = carriers
        self._sending_carriers = sending_carriers or {}
        self._name = name
        self._most_in_flight = most_in_flight
        self._in_flight: set[asyncio.Task[None]] = set()
        self._breakers: dict[tuple[int, int], Breaker] = {}
        self._auctioneer = auctioneer
        self._routes = Routes()
        self._outcomes: GroupCommit[Result, None] = GroupCommit(self._commit, lanes=1)
        self._auctions: GroupCommit[tuple[Asking, Auction], None] = GroupCommit(
            self._settle_auctions, lanes=1
        )
        self._worker_id = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then finish what is in flight."""
        keeper = asyncio.create_task(self._keep_alive(stop))
        seconds = 0.02
        while not stop.is_set():
            try:
                busy = self._worker_id != 0 and await self._claim_due()
                seconds = 0.02
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("claiming failed", error=str(error))
                busy, seconds = False, min(2.0, seconds * 2)
            if not busy:
                await pause(stop, seconds)
        await self._finish(keeper)

    async def _finish(self, keeper: "asyncio.Task[None]") -> None:
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=30)
        await self._auctions.close()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=30)
        await self._outcomes.close()
        await keeper
        if self._worker_id and not self._in_flight:
            async with self._database.connection() as connection:
                await worker_store.leave(connection, self._worker_id)

    async def _keep_alive(self, stop: asyncio.Event) -> None:
        """Keep the heartbeat going and take over from workers whose heartbeat stopped.

        Now and then all jobs are looked at in any case: a worker that was taken for dead may have claimed some more
        under its old name before it died.
        """
        looks = itertools.count()
        while not stop.is_set():
            try:
                await self._beat()
                await self._take_over(whoever=next(looks) % _LOOKS_AT_ALL == 0)
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("heartbeat failed", error=str(error))
            await pause(stop, _BEAT_SECONDS)

    async def _beat(self) -> None:
        async with self._database.connection() as connection:
            if self._worker_id == 0 or not await worker_store.beat(connection, self._worker_id):
                self._worker_id = await worker_store.register(connection, self._name)

    async def _take_over(self, *, whoever: bool) -> None:
        async with self._database.unit_of_work() as connection:
            looks = whoever or await worker_store.any_silent(connection, _SILENCE)
            living = await worker_store.living(connection, _SILENCE)
            for account_id in await worker_store.account_ids(connection):
                now = clock.now()
                await auction_store.forget_expired(connection, account_id, now - _UNUSED_PINGS)
                lost = await worker_store.take_over(connection, account_id, living, now) if looks else 0
                if lost:
                    _log.warning("attempts of a dead worker are unknown now", account=account_id, count=lost)
            await worker_store.forget_dead(connection, _SILENCE)

    async def _claim_due(self) -> bool:
        """Claim a batch of every account that has due leads; False when there was nothing to do."""
        await self._room_for_a_batch()
        if len(self._in_flight) >= self._most_in_flight:
            await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
            return True
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection, clock.now())
        claimed = 0
        for account_id in accounts:
            room = self._most_in_flight - len(self._in_flight)
            claimed += await self._claim(account_id, min(_CLAIM_MOST, room)) if room > 0 else 0
        return claimed > 0

    async def _room_for_a_batch(self) -> None:
        """Wait a moment for room: claiming a lead or two whenever a place is free would make every batch small."""
        for _ in range(_LOOKS):
            if self._most_in_flight - len(self._in_flight) >= self._most_in_flight // 4:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _claim(self, account_id: int, most: int) -> int:
        setup = await self._configuration.current(account_id)
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            rows = await store.claim(connection, account_id, now, most, self._worker_id)
            jobs, twice = _one_per_lead([read_job(account_id, row) for row in rows])
            later = [store.Due(job.lead_id, job.only, job.after_attempt, now) for job in twice]
            plan = await self._plan(connection, setup, now, jobs, later)
            new = [submitter_of(job.fields, job.received_at) for job in jobs if not (job.tried or job.only)]
            await note_submitters(connection, account_id, [one for one in new if one is not None])
        self._start(plan, setup)
        return len(rows)

    async def _plan(
        self,
        connection: Connection,
        setup: AccountSetup,
        now: datetime,
        jobs: Sequence[Job],
        later: Sequence[store.Due] = (),
    ) -> Plan:
        """Choose for jobs and write what was chosen."""
        account_id = setup.account.id
        planner = Planner(setup, now, BatchBreakers(self._breakers, account_id, now), self._routes)
        plan = await planner.plan(connection, jobs)
        plan.later += later
        unsold = await write_plan(connection, account_id, self._worker_id, now, plan)
        told = {job.lead_id: about(job.campaign_id, job.supplier_id) for job in unsold}
        await outbox.announce(connection, setup, now, WebhookEvent.LEAD_UNSOLD, told)
        return plan

    def _start(self, plan: Plan, setup: AccountSetup) -> None:
        for sending in plan.sendings:
            key = (sending.job.account_id, sending.buyer.id)
            self._breakers[key] = self._breakers.get(key, Breaker()).sending(sending.started_at)
            self._run_apart(self._send(sending))
        for asking in plan.asking:
            self._run_apart(self._ask(asking, setup))

    def _run_apart(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _ask(self, asking: Asking, setup: AccountSetup) -> None:
        """Ask for bids and plan the lead again with them; the worker holds its job all the while."""
        job, campaign = asking.job, asking.route.campaign
        auction = await self._auctioneer.hold(setup, campaign, job.supplier_id, job.fields, asking.offers)
        held = structs.replace(auction, lead_id=job.lead_id, after_attempt=job.after_attempt)
        try:
            await _insist(lambda: self._auctions.submit((asking, held)), job.lead_id)
        except asyncpg.UniqueViolationError:
            _log.warning("another worker has gone on with a lead", lead=job.lead_id)

    async def _settle_auctions(self, held: Sequence[tuple[Asking, Auction]]) -> list[None]:
        by_account: dict[int, list[tuple[Asking, Auction]]] = defaultdict(list)
        for asking, auction in held:
            if not asking.is_settled:
                by_account[asking.job.account_id].append((asking, auction))
        for account_id, listed in by_account.items():
            setup = await self._configuration.current(account_id)
            jobs = [asking.job for asking, _ in listed]
            async with self._database.unit_of_work() as connection:
                ours = await store.still_held(
                    connection, account_id, self._worker_id, [job.lead_id for job in jobs]
                )
                mine = [job for job in jobs if (job.lead_id, job.only) in ours]
                await auction_store.save(connection, account_id, [auction for _, auction in listed])
                plan = await self._plan(connection, setup, clock.now(), mine)
            for asking, _ in listed:
                asking.is_settled = True
            self._start(plan, setup)
        return [None] * len(held)

    async def _send(self, sending: Sending) -> None:
        settings = settings_in_time(sending)
        values = template_values(sending)
        carry = self._sending_carriers.get(settings.kind)
        if carry is None:
            verdict = await self._carriers[settings.kind](settings, values, sending.idempotency_key)
        else:
            verdict = await carry(sending, values, sending.idempotency_key)
        _attempts(verdict.outcome).inc()
        now = clock.now()
        key = (sending.job.account_id, sending.buyer.id)
        self._breakers[key] = self._breakers[key].after(sending.buyer.settings.breaker, verdict.outcome, now)
        result = result_of(sending, verdict, now, random.random())  # noqa: S311 - jitter, not a secret
        await self._book(result)

    async def _book(self, result: Result) -> None:
        """Book a result, however often that fails: the buyer's answer exists nowhere else."""
        await _insist(lambda: self._outcomes.submit(result), result.sending.job.lead_id)

    async def _commit(self, results: Sequence[Result]) -> list[None]:
        by_account: dict[int, list[Result]] = defaultdict(list)
        for result in results:
            by_account[result.sending.job.account_id].append(result)
        ids = await self._ledger.reserve_ids(
            {account_id: most_entries(listed) for account_id, listed in by_account.items()}
        )
        now = clock.now()
        batches: list[OutcomeBatch] = []
        async with self._database.unit_of_work() as connection:
            for account_id in sorted(by_account):
                listed = by_account[account_id]
                setup = listed[-1].sending.setup
                batches.append(OutcomeBatch(setup, self._worker_id, listed, now))
                await batches[-1].write(connection, self._ledger, ids)
        for batch in batches:
            batch.committed()
        return [None] * len(results)


@lru_cache(maxsize=16)
def _attempts(outcome: Outcome) -> prometheus_client.Counter:
    return ATTEMPTS.labels(outcome)


async def _insist(write: Callable[[], Awaitable[None]], lead_id: int) -> None:
    """Write until it is written; raises UniqueViolationError, which trying again cannot mend."""
    seconds = 0.1
    while True:
        try:
            await write()
        except asyncpg.UniqueViolationError:
            raise
        except (UnavailableError, asyncpg.PostgresError) as error:
            _log.warning("booking failed", lead=lead_id, error=str(error))
            await asyncio.sleep(seconds)
            seconds = min(5.0, seconds * 2)
        else:
            return


def _one_per_lead(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """Keep one job of each lead, for attempts of a lead are numbered one after the other; the others wait."""
    first: dict[int, Job] = {}
    twice = [job for job in jobs if first.setdefault(job.lead_id, job) is not job]
    return list(first.values()), twice
