"""One transaction of the worker: claims due leads, chooses where each goes, and writes the attempts before sending."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Delivery
from leadyard.delivery import store
from leadyard.delivery.delivered import DeliveredGate, Wish, open_delivered, wishes
from leadyard.delivery.sending import Job, Sending
from leadyard.delivery.store import Begun, Due, LeadState
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.reports.model import Deltas, standing_change
from leadyard.reports.service import write_deltas
from leadyard.routing.caps import CapGate, CapOwner, CapUse, cap_uses, lock_caps, move_caps, wanted
from leadyard.routing.choice import Choice, Gates, Tried, candidates, choose, is_held
from leadyard.storage.database import Connection, Row

ClosedUntil = Callable[[int], datetime | None]
"""When a buyer whose circuit breaker is open may be called again; None when it may be called now."""


class Plan(msgspec.Struct):
    """What a claimed batch comes to."""

    sendings: list[Sending]
    begun: list[Begun]
    ended: list[Job]
    unsold: list[Job]
    later: list[Due]


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
        [Tried(number, delivery_id, AttemptState(state)) for number, delivery_id, state in tried],
    )


def open_deliveries(campaign: Campaign, job: Job) -> list[Delivery]:
    """List where a job may still go: nowhere once it is sold, or held because a buyer may have it."""
    by_id = {delivery.id: delivery for delivery in campaign.deliveries}
    sold = job.sale_status in (SaleStatus.SOLD, SaleStatus.ASSIGNED)
    if not job.only and (sold or is_held(by_id, job.tried)):
        return []
    return candidates(campaign.deliveries, job.tried, job.after_attempt, job.only)


def delivery_caps(setup: AccountSetup, delivery: Delivery, now: datetime, zone: ZoneInfo) -> list[CapUse]:
    """List the counters that one lead sent by a delivery raises: the delivery's and its buyer's."""
    account_id = setup.account.id
    uses = cap_uses(account_id, delivery.settings.caps, CapOwner.DELIVERY, delivery.id, 0, at=now, zone=zone)
    buyer = setup.buyers.get(delivery.buyer_id)
    if buyer is not None:
        uses += cap_uses(account_id, buyer.settings.caps, CapOwner.BUYER, buyer.id, 0, at=now, zone=zone)
    return uses


class Planner:
    """Decides for one batch of one account, inside its unit of work."""

    def __init__(self, setup: AccountSetup, now: datetime, closed_until: ClosedUntil) -> None:
        """Take the set-up, the instant, and the state of the circuit breakers."""
        self._setup = setup
        self._now = now
        self._zone = ZoneInfo(setup.account.time_zone)
        self._closed_until = closed_until

    async def plan(self, connection: Connection, jobs: Sequence[Job]) -> Plan:
        """Choose for every job, locking the caps of all deliveries that may be used."""
        open_by_lead = {}
        for job in jobs:
            campaign = self._setup.campaigns.get(job.campaign_id)
            open_by_lead[job.lead_id, job.only] = [] if campaign is None else open_deliveries(campaign, job)
        uses = {
            delivery.id: delivery_caps(self._setup, delivery, self._now, self._zone)
            for deliveries in open_by_lead.values()
            for delivery in deliveries
        }
        gate = await lock_caps(connection, wanted(uses.values()))
        delivered = await open_delivered(
            connection, self._setup.account.id, self._wishes(jobs, open_by_lead), self._now
        )
        plan = Plan([], [], [], [], [])
        for job in jobs:
            self._plan_job(plan, job, open_by_lead[job.lead_id, job.only], uses, gate, delivered)
        await move_caps(connection, gate.moves)
        await delivered.write(connection)
        return plan

    def _wishes(
        self, jobs: Sequence[Job], open_by_lead: dict[tuple[int, int], list[Delivery]]
    ) -> dict[tuple[int, int], list[Wish]]:
        """List the keys of leads already delivered that each lead needs at each of its deliveries."""
        return {
            (job.lead_id, delivery.id): listed
            for job in jobs
            for delivery in open_by_lead[job.lead_id, job.only]
            if (listed := wishes(self._setup, self._setup.campaigns[job.campaign_id], delivery, job.fields))
        }

    def _plan_job(
        self,
        plan: Plan,
        job: Job,
        open_ones: list[Delivery],
        uses: dict[int, list[CapUse]],
        gate: CapGate,
        delivered: DeliveredGate,
    ) -> None:
        gates = Gates(
            lambda d: delivered.reason((job.lead_id, d.id)) or _cap_reason(gate, uses[d.id]),
            lambda d: self._closed_until(d.buyer_id),
        )
        choice = choose(open_ones, self._setup.buyers, gates)
        number = job.next_number
        for delivery, reason in choice.skipped:
            skipped = Begun(job.lead_id, number, delivery.id, delivery.buyer_id, AttemptState.SKIPPED, reason)
            plan.begun.append(skipped)
            number += 1
        if choice.delivery is not None:
            gate.take(uses[choice.delivery.id])
            delivered.take((job.lead_id, choice.delivery.id))
            self._send(plan, job, choice.delivery, number)
        else:
            self._end(plan, job, choice)

    def _send(self, plan: Plan, job: Job, delivery: Delivery, number: int) -> None:
        begun = Begun(job.lead_id, number, delivery.id, delivery.buyer_id, AttemptState.SENDING, "")
        plan.begun.append(begun)
        campaign = self._setup.campaigns[job.campaign_id]
        buyer = self._setup.buyers[delivery.buyer_id]
        plan.sendings.append(
            Sending(job, number, delivery, buyer, campaign, self._setup, self._zone, self._now)
        )

    def _end(self, plan: Plan, job: Job, choice: Choice) -> None:
        if choice.again_at is not None:
            plan.later.append(Due(job.lead_id, job.only, job.after_attempt, choice.again_at))
            return
        plan.ended.append(job)
        held = any(attempt.state is AttemptState.UNKNOWN for attempt in job.tried)
        if not job.only and not held and job.sale_status is SaleStatus.PENDING:
            plan.unsold.append(job)


def _cap_reason(gate: CapGate, uses: Sequence[CapUse]) -> str | None:
    full = gate.full(uses)
    if full is None:
        return None
    return f"{full.key.owner.name.lower()} cap ({full.key.period.name.lower()})"


async def write_plan(
    connection: Connection, account_id: int, worker_id: int, now: datetime, plan: Plan
) -> list[Job]:
    """Write a plan; gives the jobs whose leads became unsold by it, which somebody may have to be told."""
    await store.begin(connection, account_id, worker_id, now, plan.begun)
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
