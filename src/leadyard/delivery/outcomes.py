"""One transaction of the worker: how a batch of attempts ended, with the money, the counts and the news of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leadyard.affiliates.commissions.occasions import note_revenue
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox, store
from leadyard.delivery.delivered import Wish, give_back, wishes
from leadyard.delivery.files.queueing import queue_sales
from leadyard.delivery.message_costs import add_message_costs, sms_cost_entry, sms_cost_of
from leadyard.delivery.rules import payout_due
from leadyard.delivery.sending import Result, Sending
from leadyard.delivery.settling import Settling
from leadyard.delivery.store import Due, Finished, LeadState
from leadyard.delivery.subscriptions import about
from leadyard.delivery.waves import Wave
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.ledger.model import Entry, sold
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.reports.model import Deltas, attempt_change, standing_change
from leadyard.reports.service import write_deltas
from leadyard.storage.database import Connection

_NOT_TAKEN = frozenset({AttemptState.REJECTED, AttemptState.WAITING, AttemptState.ERROR})
_NEWS = {
    WebhookEvent.LEAD_SOLD: AttemptState.SOLD,
    WebhookEvent.DELIVERY_FAILED: AttemptState.ERROR,
}
"""The events that the end of an attempt makes."""


class OutcomeBatch:
    """The ended attempts of one account, written together."""

    def __init__(self, setup: AccountSetup, worker_id: int, results: Sequence[Result], now: datetime) -> None:
        """Take the results and the instant at which they are booked."""
        self._setup = setup
        self._account_id = setup.account.id
        self._worker_id = worker_id
        self._results = {(r.sending.job.lead_id, r.sending.number): r for r in results}
        self._now = now
        self._deltas = Deltas()
        self._entries: list[Entry] = []
        self._settling = Settling(setup, now)
        self._waves: list[tuple[Sending, Wave]] = []
        self._given_back: list[tuple[int, Sequence[Wish]]] = []
        self._sms_costs: dict[int, int] = {}

    async def write(
        self,
        connection: Connection,
        ledger: Ledger,
        ids: ReservedIds,
    ) -> None:
        """Write everything inside the caller's unit of work; attempts that somebody settled meanwhile are left."""
        finished = [_finished(result) for result in self._results.values()]
        found = await store.finish(connection, self._account_id, self._now, finished)
        states: dict[int, LeadState] = {}
        for number, lead in found:
            state = states.setdefault(lead.id, lead)
            self._apply(self._results[lead.id, number], state)
        applied = [self._results[lead.id, number] for number, lead in found]
        await store.settle_leads(connection, self._account_id, list(states.values()))
        await queue_sales(connection, self._account_id, self._now, applied)
        await self._move_jobs(connection, applied)
        await write_deltas(connection, self._deltas)
        self._entries += await self._settling.write(connection)
        await give_back(connection, self._account_id, self._given_back)
        await add_message_costs(connection, self._account_id, self._sms_costs)
        await ledger.post(connection, ids.number(self._entries))
        sold_ids = [r.sending.job.lead_id for r in applied if r.state is AttemptState.SOLD]
        await note_revenue(connection, self._setup, sold_ids, self._now)
        for event, ended in _NEWS.items():
            await outbox.announce(connection, self._setup, self._now, event, _told(applied, ended))

    async def _move_jobs(self, connection: Connection, applied: Sequence[Result]) -> None:
        """Queue what goes on, end the rest; an attempt that somebody else settled asks for nothing more."""
        counted = {id(result) for result in applied}
        fresh: dict[int, list[tuple[int, datetime | None]]] = {}
        first: dict[int, Result] = {}
        for result in self._results.values():
            key = id(result.sending.wave)
            due_at = result.due_at if id(result) in counted else None
            fresh.setdefault(key, []).append((result.sending.number, due_at))
            first.setdefault(key, result)
        self._waves = [(first[key].sending, first[key].sending.wave.with_booked(fresh[key])) for key in fresh]
        over = [(sending.job, wave) for sending, wave in self._waves if wave.is_over]
        ended = [(job.lead_id, job.only) for job, wave in over if wave.due_at is None]
        again = [Due(j.lead_id, j.only, j.after_attempt, w.due_at) for j, w in over if w.due_at is not None]
        await store.drop(connection, self._account_id, self._worker_id, ended)
        await store.postpone(connection, self._account_id, self._worker_id, again)

    def committed(self) -> None:
        """Note in the waves what is booked now; to be called once the unit of work has committed."""
        for sending, wave in self._waves:
            sending.wave.booked = wave.booked

    def _apply(self, result: Result, lead: LeadState) -> None:
        sending = result.sending
        job = sending.job
        payout, is_first = 0, False
        if result.state in _NOT_TAKEN:
            listed = wishes(sending.setup, sending.campaign, sending.delivery, job.fields)
            self._given_back.append((job.lead_id, listed))
        changes: Mapping[str, int] = attempt_change(None, result.state)
        if result.state is AttemptState.SOLD:
            payout, is_first = self._sell(result, lead)
            self._spend(result)
            changes = {**changes, "revenue": result.revenue}
        self._settling.add(result, payout=payout, is_first=is_first)
        self._deltas.buyer(
            self._account_id,
            job.received_at,
            job.campaign_id,
            job.supplier_id,
            sending.buyer.id,
            sending.delivery.id,
            **changes,
        )

    def _sell(self, result: Result, lead: LeadState) -> tuple[int, bool]:
        """Book a sale: the payout is owed once, however many buyers take the lead; tells it and if this was first."""
        job, campaign, setup = result.sending.job, result.sending.campaign, result.sending.setup
        before = SaleStatus(lead.sale_status)
        first = before not in (SaleStatus.SOLD, SaleStatus.ASSIGNED)
        delivery_id = result.sending.delivery.id
        payout = payout_due(setup, campaign, delivery_id, job, result.revenue, before, lead.payout)
        old = Standing(lead.standing)
        new = Standing.APPROVED
        entry = sold(
            self._account_id,
            self._now,
            lead.id,
            buyer_id=result.sending.buyer.id,
            supplier_id=job.supplier_id,
            revenue=result.revenue,
            payout=payout,
            currency=job.currency,
            memo=f"delivery {delivery_id}",
        )
        if entry is not None:
            self._entries.append(entry)
        self._deltas.lead(
            self._account_id,
            job.received_at,
            job.campaign_id,
            job.supplier_id,
            job.sub_supplier_id,
            job.channel,
            payout=payout,
            revenue=result.revenue,
            **standing_change(old, new),
        )
        lead.sale_status, lead.standing = SaleStatus.SOLD, new
        lead.payout += payout
        lead.revenue += result.revenue
        return payout, first

    def _spend(self, result: Result) -> None:
        """Book what the text message cost that took the lead to its buyer."""
        job, amount = result.sending.job, sms_cost_of(result)
        entry = sms_cost_entry(result, amount, self._now)
        if entry is None:
            return
        self._entries.append(entry)
        self._sms_costs[job.lead_id] = self._sms_costs.get(job.lead_id, 0) + amount
        self._deltas.lead(
            self._account_id,
            job.received_at,
            job.campaign_id,
            job.supplier_id,
            job.sub_supplier_id,
            job.channel,
            sms_cost=amount,
        )


def _finished(result: Result) -> Finished:
    sending = result.sending
    return Finished(
        sending.job.lead_id, sending.number, result.state, result.reason, result.revenue, result.trace
    )


def _told(results: Sequence[Result], state: AttemptState) -> dict[int, dict[str, Any]]:
    """Say of each attempt that ended so what the record of its lead does not tell."""
    return {
        result.sending.job.lead_id: about(
            result.sending.job.campaign_id,
            result.sending.job.supplier_id,
            delivery_id=result.sending.delivery.id,
            buyer_id=result.sending.buyer.id,
            **({} if state is AttemptState.SOLD else {"reason": result.reason}),
        )
        for result in results
        if result.state is state
    }
