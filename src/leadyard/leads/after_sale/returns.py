"""Returning leads, inside the caller's unit of work."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.commissions.occasions import note_revenue
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.returns import ReturnPolicy
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox
from leadyard.delivery.settling import give_back
from leadyard.delivery.subscriptions import about
from leadyard.identity.model import Principal
from leadyard.leads import events
from leadyard.leads.after_sale import store
from leadyard.leads.after_sale.model import (
    ALREADY_RETURNED,
    REASON_UNKNOWN,
    RETURN_LIMIT,
    RETURN_WAITING,
    TOO_LATE,
    Ask,
    LeadReturn,
    ReturnState,
    Sale,
)
from leadyard.leads.after_sale.rules import (
    Reversal,
    count_reversal,
    is_full,
    is_too_late,
    known_reasons,
    period_of,
    return_refusal,
    returned_lead,
    reversal_of_return,
)
from leadyard.leads.model import APPROVED_STATES, AttemptState, Lead
from leadyard.leads.outcomes import DONE, limit_of
from leadyard.leads.store import lock
from leadyard.ledger.credit.counters import post_rare
from leadyard.ledger.model import Entry, EntryKind, given_back
from leadyard.ledger.service import Ledger, ReservedIds, charges_of_leads
from leadyard.reports.model import Deltas
from leadyard.reports.service import write_deltas
from leadyard.storage.database import Connection


class ReturnUnit:
    """One unit of work that returns leads of one buyer; make a new one for each."""

    def __init__(
        self,
        setup: AccountSetup,
        ledger: Ledger,
        ids: ReservedIds,
        principal: Principal,
        now: datetime,
    ) -> None:
        """Take the set-up, the ledger with an id for each lead, who asks, and the instant."""
        self._setup = setup
        self._account_id = setup.account.id
        self._zone = ZoneInfo(setup.account.time_zone)
        self._ledger = ledger
        self._ids = ids
        self._principal = principal
        self._now = now
        self._deltas = Deltas()
        self._entries: list[Entry] = []
        self._reversed: list[int] = []
        self._tallies: dict[tuple[int | None, datetime], store.Tally] = {}

    async def ask(self, connection: Connection, lead_ids: Sequence[int], ask: Ask) -> dict[int, str]:
        """Return a buyer's leads, or queue them for the operator where the set-up wants that."""
        reasons = known_reasons(await store.own_reasons(connection, self._account_id))
        code = next((known for known in reasons if known.casefold() == ask.reason.casefold()), None)
        if self._is_counted(ask.buyer_id):
            await store.lock_buyer(connection, self._account_id, ask.buyer_id)
        locked = await lock(connection, self._account_id, lead_ids, limit_of(self._principal))
        sales = await store.sales(connection, self._account_id, list(locked))
        waiting = await store.waiting(connection, self._account_id, list(locked), ask.buyer_id)
        done: dict[int, str] = {}
        for lead_id in dict.fromkeys(lead_ids):
            lead = locked[lead_id].lead if lead_id in locked else None
            own = sales.get(lead_id, [])
            refusal = return_refusal(lead, own, ask.buyer_id)
            if refusal == DONE and code is None:
                refusal = REASON_UNKNOWN
            if refusal == DONE and lead_id in waiting:
                refusal = RETURN_WAITING
            if refusal == DONE and lead is not None:
                named = msgspec.structs.replace(ask, reason=code or "")
                refusal = await self._ask_one(connection, lead, own, named)
            done[lead_id] = refusal
        await self._finish(connection)
        return done

    async def approve(self, connection: Connection, asked: LeadReturn) -> str:
        """Make a return that was queued; gives why it cannot be made any more, or ""."""
        lead, sales = await self._lead(connection, asked.lead_id)
        current = await store.find_return(connection, self._account_id, asked.id)
        refusal = return_refusal(lead, sales, asked.buyer_id)
        if current is None or current.state is not ReturnState.PENDING or lead is None:
            return ALREADY_RETURNED
        if refusal == DONE:
            reversal = await self._reverse(connection, lead, sales, asked)
            await store.decide_return(connection, self._account_id, self._decided(asked, reversal))
            await self._finish(connection)
        return refusal

    async def refuse(self, connection: Connection, asked: LeadReturn) -> bool:
        """Refuse a return that was queued; False when it was decided already."""
        lead, _ = await self._lead(connection, asked.lead_id)
        current = await store.find_return(connection, self._account_id, asked.id)
        if current is None or current.state is not ReturnState.PENDING:
            return False
        await store.decide_return(connection, self._account_id, self._decided(asked, None))
        detail = {asked.lead_id: f"buyer {asked.buyer_id}: {asked.reason}"}
        await self._record(connection, events.RETURN_REFUSED, detail)
        if lead is not None:
            await self._announce(connection, WebhookEvent.RETURN_REFUSED, lead, asked, return_id=asked.id)
        return True

    async def _lead(self, connection: Connection, lead_id: int) -> tuple[Lead | None, list[Sale]]:
        locked = await lock(connection, self._account_id, [lead_id], limit_of(self._principal))
        sales = await store.sales(connection, self._account_id, [lead_id])
        return (locked[lead_id].lead if lead_id in locked else None), sales.get(lead_id, [])

    async def _ask_one(self, connection: Connection, lead: Lead, sales: list[Sale], ask: Ask) -> str:
        standing = [s for s in sales if s.buyer_id == ask.buyer_id and s.state in APPROVED_STATES]
        sale = standing[-1]
        policies = self._policies(lead, sale)
        if any(is_too_late(policy, sale.sold_at, self._now) for _, policy in policies):
            return TOO_LATE
        for owner, policy in policies:
            if policy.counts:
                tally = await self._tally(connection, lead, ask.buyer_id, owner, policy)
                if is_full(policy, tally.sold, tally.returned):
                    return RETURN_LIMIT
        needs_approval = any(policy.needs_approval for _, policy in policies)
        asked = self._asked(lead, sale, ask)
        if needs_approval:
            number = await store.insert_return(connection, self._account_id, asked)
            detail = {lead.id: f"buyer {ask.buyer_id}: {ask.reason}"}
            await self._record(connection, events.RETURN_ASKED, detail)
            await self._announce(connection, WebhookEvent.RETURN_ASKED, lead, asked, return_id=number)
        else:
            reversal = await self._reverse(connection, lead, sales, asked)
            await store.insert_return(connection, self._account_id, self._decided(asked, reversal))
        for owner, policy in policies:
            if policy.counts:
                (await self._tally(connection, lead, ask.buyer_id, owner, policy)).returned += 1
        return DONE

    async def _reverse(
        self, connection: Connection, lead: Lead, sales: Sequence[Sale], asked: LeadReturn
    ) -> Reversal:
        charges = await charges_of_leads(connection, self._account_id, [lead.id])
        reversal = reversal_of_return(
            lead, sales, charges.get(lead.id, {}), asked.buyer_id, reverse_payout=asked.reverse_payout
        )
        after, memo = returned_lead(lead, reversal), f"returned: {asked.reason}"
        entry = given_back(
            self._account_id,
            EntryKind.RETURNED,
            self._now,
            lead.id,
            charges=reversal.charges,
            supplier_id=lead.supplier_id,
            payout=reversal.payout,
            currency=lead.currency,
            memo=memo,
        )
        if entry is not None:
            self._entries.append(entry)
        count_reversal(self._deltas, lead, after, reversal, AttemptState.RETURNED)
        moved = [(lead.id, sale.number) for sale in reversal.sales]
        await store.move_sales(connection, self._account_id, moved, AttemptState.RETURNED)
        await store.store_sale(connection, after)
        for sale in reversal.sales:
            settled = await give_back(connection, self._account_id, lead.id, sale.number, self._now, memo)
            await post_rare(connection, settled)
        self._reversed.append(lead.id)
        await self._tell(connection, lead, asked)
        return reversal

    async def _tell(self, connection: Connection, lead: Lead, asked: LeadReturn) -> None:
        detail = {lead.id: f"buyer {asked.buyer_id}: {asked.reason}"}
        await self._record(connection, events.RETURNED, detail)
        await self._announce(connection, WebhookEvent.LEAD_RETURNED, lead, asked)

    async def _announce(
        self, connection: Connection, event: WebhookEvent, lead: Lead, asked: LeadReturn, **more: int
    ) -> None:
        told = about(lead.campaign_id, lead.supplier_id, buyer_id=asked.buyer_id, reason=asked.reason, **more)
        await outbox.announce(connection, self._setup, self._now, event, {lead.id: told})

    async def _finish(self, connection: Connection) -> None:
        await write_deltas(connection, self._deltas)
        await self._ledger.post(connection, self._ids.number(self._entries))
        await note_revenue(connection, self._setup, self._reversed, self._now)

    async def _record(self, connection: Connection, event: str, details: dict[int, str]) -> None:
        actor = self._principal.actor
        await events.record(connection, self._account_id, self._now, event, details, actor)

    def _asked(self, lead: Lead, sale: Sale, ask: Ask) -> LeadReturn:
        return LeadReturn(
            0,
            lead.id,
            ask.buyer_id,
            sale.delivery_id,
            ask.reason,
            ReturnState.PENDING,
            ask.reverse_payout,
            0,
            0,
            lead.currency,
            lead.received_at,
            self._now,
            self._principal.actor,
        )

    def _decided(self, asked: LeadReturn, reversal: Reversal | None) -> LeadReturn:
        return msgspec.structs.replace(
            asked,
            state=ReturnState.REFUSED if reversal is None else ReturnState.RETURNED,
            revenue=0 if reversal is None else reversal.revenue,
            payout=0 if reversal is None else reversal.payout,
            decided_at=self._now,
            decided_by=self._principal.actor,
        )

    def _policies(self, lead: Lead, sale: Sale) -> list[tuple[int | None, ReturnPolicy]]:
        """List the policies that a return must satisfy: the buyer's (None) and the delivery's (its id)."""
        buyer = self._setup.buyers.get(sale.buyer_id)
        campaign = self._setup.campaigns.get(lead.campaign_id or 0)
        deliveries = () if campaign is None else campaign.deliveries
        found: list[tuple[int | None, ReturnPolicy]] = []
        if buyer is not None:
            found.append((None, buyer.settings.returns))
        found += [(d.id, d.settings.returns) for d in deliveries if d.id == sale.delivery_id]
        return found

    def _is_counted(self, buyer_id: int) -> bool:
        """Tell whether returns of a buyer must be made one after the other, to be counted exactly."""
        buyer = self._setup.buyers.get(buyer_id)
        if buyer is not None and buyer.settings.returns.counts:
            return True
        deliveries = (d for campaign in self._setup.campaigns.values() for d in campaign.deliveries)
        return any(d.buyer_id == buyer_id and d.settings.returns.counts for d in deliveries)

    async def _tally(
        self, connection: Connection, lead: Lead, buyer_id: int, delivery_id: int | None, policy: ReturnPolicy
    ) -> store.Tally:
        start, end = period_of(lead.received_at, policy.period, self._zone)
        known = self._tallies.get((delivery_id, start))
        if known is None:
            known = await store.tally(connection, self._account_id, buyer_id, delivery_id, start, end)
            self._tallies[delivery_id, start] = known
        return known
