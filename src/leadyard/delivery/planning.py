"""One transaction of the worker: claims due leads, chooses where each goes, and writes the attempts before sending."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Delivery
from leadyard.delivery import auction_store, store
from leadyard.delivery.breaker import BatchBreakers
from leadyard.delivery.delivered import open_delivered, wishes_of
from leadyard.delivery.gates import Held, Surroundings, cap_state, gates_of, take
from leadyard.delivery.holds import NOTHING, document_of
from leadyard.delivery.limits import Limits
from leadyard.delivery.putting_back import goes_back, put_back
from leadyard.delivery.rules import expected_payout, offered_price
from leadyard.delivery.sending import Job, Sending
from leadyard.delivery.store import Begun, Due, LeadState
from leadyard.delivery.waves import Wave
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.reports.model import Deltas, standing_change
from leadyard.reports.service import write_deltas
from leadyard.routing.budgets import Bids
from leadyard.routing.choice import Choice, Question
from leadyard.routing.methods import choose
from leadyard.routing.offers import Offer, Past, Sale, Tried
from leadyard.routing.prices import net_bid
from leadyard.routing.routes import Route, Routes
from leadyard.routing.trace import Decision, encoded
from leadyard.routing.turn_store import lock_turns, write_turns
from leadyard.routing.turns import TurnBook
from leadyard.storage.database import Connection, Row

__all__ = ["Plan", "Planner", "mark_unsold", "read_job", "write_plan"]

_NO_BIDS = Bids()
_SOLD = frozenset({SaleStatus.SOLD, SaleStatus.ASSIGNED})


class Asking(msgspec.Struct):
    """A lead whose buyers are to be asked for bids before it is planned again; `is_settled` once it has been."""

    job: Job
    route: Route
    offers: list[Offer]
    is_settled: bool = False


class Plan(msgspec.Struct):
    """What a claimed batch comes to; `traces` are of steps that began no attempt."""

    sendings: list[Sending] = []
    begun: list[Begun] = []
    ended: list[Job] = []
    unsold: list[Job] = []
    later: list[Due] = []
    asking: list[Asking] = []
    traces: list[store.Step] = []
    skipped: list[Job] = []


def read_job(account_id: int, row: Row) -> Job:
    """Read a claimed job with its lead."""
    tried = json.loads(row["tried"]) if row["tried"] else []
    return Job(
        account_id,
        row["id"],
        row["uuid"],
        row["delivery_id"],
        row["after_attempt"],
        row["campaign_id"],
        row["supplier_id"],
        row["sub_supplier_id"],
        row["channel"],
        SaleStatus(row["sale_status"]),
        Standing(row["standing"]),
        row["fields"],
        row["currency"],
        row["received_at"],
        [Tried(one[0], one[1], AttemptState(one[2]), Sale(one[3]), one[4]) for one in tried],
        row["costs"],
    )


class Planner:
    """Decides for one batch of one account, inside its unit of work."""

    def __init__(self, setup: AccountSetup, now: datetime, breakers: BatchBreakers, routes: Routes) -> None:
        """Take the set-up, the instant, the state of the circuit breakers, and the compiled distributions."""
        self._setup = setup
        self._account_id = setup.account.id
        self._now = now
        self._zone = ZoneInfo(setup.account.time_zone)
        self._breakers = breakers
        self._routes = routes

    async def plan(self, connection: Connection, jobs: Sequence[Job]) -> Plan:
        """Choose for every job, locking turns and then caps of all deliveries that may be used."""
        routes = self._routes_of(jobs)
        book = await lock_turns(
            connection, self._account_id, [k for r in routes.values() for k in r.turn_keys]
        )
        bids = await self._bids(connection, jobs, routes)
        limits = Limits(self._setup, self._now)
        await limits.lock(connection, _chances(jobs, routes))
        delivered = await open_delivered(
            connection, self._account_id, wishes_of(self._setup, _chances(jobs, routes)), self._now
        )
        around = Surroundings(
            self._setup, self._now, self._zone, self._breakers.closed_until, limits, delivered
        )
        plan = Plan()
        for job in jobs:
            route = routes.get(job.campaign_id)
            if route is None:
                self._end(plan, job, None)
            else:
                self._plan_job(plan, job, route, book, bids.get(job.lead_id, _NO_BIDS), around)
        await limits.write(connection)
        await delivered.write(connection)
        await write_turns(connection, self._account_id, book.moved)
        plan.unsold += await put_back(connection, self._setup, plan.skipped, self._now)
        return plan

    def _routes_of(self, jobs: Sequence[Job]) -> dict[int, Route]:
        ids = {job.campaign_id for job in jobs} & self._setup.campaigns.keys()
        return {id_: self._routes.of(self._account_id, self._setup.campaigns[id_]) for id_ in ids}

    async def _bids(
        self, connection: Connection, jobs: Sequence[Job], routes: Mapping[int, Route]
    ) -> dict[int, Bids]:
        asked = [job for job in jobs if job.campaign_id in routes and routes[job.campaign_id].has_pings]
        if not asked:
            return {}
        return await auction_store.bids_of(connection, self._account_id, self._now, asked, routes)

    def _plan_job(
        self,
        plan: Plan,
        job: Job,
        route: Route,
        book: TurnBook,
        bids: Bids,
        around: Surroundings,
    ) -> None:
        past = Past(job.tried, job.after_attempt, route.moving_on)
        campaign = route.campaign
        held: Held = {}
        question = Question(
            route=route,
            past=past,
            turns=book,
            gates=gates_of(around, job),
            take=partial(take, around, job, held),
            price=partial(offered_price, self._setup, campaign, job),
            net=partial(net_bid, campaign.settings.auction, self._setup.buyers),
            payout=partial(expected_payout, self._setup, campaign, job),
            cap=partial(cap_state, around, job),
            bids=bids.of,
            costs=job.costs,
            only=job.only,
            sold_before=job.sale_status in _SOLD,
        )
        self._write(plan, job, route, choose(question), held, bids.until)

    def _write(
        self,
        plan: Plan,
        job: Job,
        route: Route,
        choice: Choice,
        held: Held,
        until: Mapping[int, datetime],
    ) -> None:
        """Turn a choice into attempts; the last of them carries the trace of the step."""
        decision = encoded(_decision(route, job, choice))
        number = job.next_number
        rows = [(offer, AttemptState.SKIPPED, reason) for offer, reason in choice.skipped]
        rows += [(offer, AttemptState.SENDING, "") for offer in choice.sends]
        numbers = []
        for i, (offer, state, reason) in enumerate(rows, 1):
            delivery = offer.delivery
            trace = decision if i == len(rows) else None
            plan.begun.append(
                Begun(
                    job.lead_id, number, delivery.id, delivery.buyer_id, state, reason,
                    offer.sale, offer.price, trace, document_of(held.get((delivery.id, offer.sale), NOTHING)),
                )
            )  # fmt: skip
            if state is AttemptState.SENDING:
                numbers.append(number)
            number += 1
        if not rows:
            plan.traces.append(store.Step(job.lead_id, number - 1, decision))
        if choice.sends:
            self._send(plan, job, route, choice.sends, numbers, held, until)
        elif choice.asks:
            job.tried += [
                Tried(b.number, b.delivery_id, b.state, b.sale)
                for b in plan.begun[len(plan.begun) - len(rows) :]
            ]
            plan.asking.append(Asking(job, route, choice.asks))
        else:
            self._end(plan, job, choice)

    def _send(
        self,
        plan: Plan,
        job: Job,
        route: Route,
        offers: Sequence[Offer],
        numbers: Sequence[int],
        held: Held,
        until: Mapping[int, datetime],
    ) -> None:
        wave = Wave(frozenset(numbers))
        for offer, number in zip(offers, numbers, strict=True):
            delivery = offer.delivery
            self._breakers.sending(delivery.buyer_id)
            plan.sendings.append(
                Sending(
                    job, number, delivery, self._setup.buyers[delivery.buyer_id], route.campaign, self._setup,
                    self._zone, self._now, offer, wave, route.goes_on_after(delivery.id, offer.sale),
                    held.get((delivery.id, offer.sale), NOTHING), until.get(delivery.id),
                )
            )  # fmt: skip

    def _end(self, plan: Plan, job: Job, choice: Choice | None) -> None:
        if choice is not None and choice.again_at is not None:
            plan.later.append(Due(job.lead_id, job.only, job.after_attempt, choice.again_at))
            return
        plan.ended.append(job)
        held = any(one.state in (AttemptState.UNKNOWN, AttemptState.SENDING) for one in job.tried)
        if not job.only and not held and job.sale_status is SaleStatus.PENDING:
            (plan.skipped if goes_back(self._setup, job, choice) else plan.unsold).append(job)


def _chances(jobs: Sequence[Job], routes: Mapping[int, Route]) -> Iterator[tuple[Job, Delivery]]:
    for job in jobs:
        route = routes.get(job.campaign_id)
        for delivery in () if route is None else route.active.values():
            yield job, delivery


def _decision(route: Route, job: Job, choice: Choice) -> Decision:
    return Decision(
        route.root.method, choice.considered, choice.behind, () if job.only else route.absent, choice.notes
    )


async def write_plan(
    connection: Connection, account_id: int, worker_id: int, now: datetime, plan: Plan
) -> list[Job]:
    """Write a plan; gives the jobs whose leads became unsold by it, which somebody may have to be told."""
    await store.begin(connection, account_id, worker_id, now, plan.begun)
    await store.trace_steps(connection, account_id, now, plan.traces)
    await store.drop(connection, account_id, worker_id, [(job.lead_id, job.only) for job in plan.ended])
    await store.postpone(connection, account_id, worker_id, plan.later)
    if not plan.unsold:
        return []
    locked = await store.lock_leads(connection, account_id, [job.lead_id for job in plan.unsold])
    deltas, settled, unsold = Deltas(), [], []
    for job in plan.unsold:
        lead = locked[job.lead_id]
        if lead.sale_status != SaleStatus.PENDING:
            continue
        settled.append(mark_unsold(lead, job, deltas))
        unsold.append(job)
    await store.settle_leads(connection, account_id, settled)
    await write_deltas(connection, deltas)
    return unsold


def mark_unsold(lead: LeadState, job: Job, deltas: Deltas) -> LeadState:
    """Make a lead unsold; on System Accept it stays approved, for its supplier was owed from the start."""
    old = Standing(lead.standing)
    new = Standing.REJECTED if old is Standing.PENDING else old
    deltas.lead(
        job.account_id,
        job.received_at,
        job.campaign_id,
        job.supplier_id,
        job.sub_supplier_id,
        job.channel,
        **standing_change(old, new),
    )
    return LeadState(lead.id, SaleStatus.UNSOLD, new, lead.payout, lead.revenue)
