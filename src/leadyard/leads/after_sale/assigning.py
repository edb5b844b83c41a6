"""Giving leads to a buyer by hand, inside the caller's unit of work."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.affiliates.commissions.occasions import note_revenue
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Delivery
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox
from leadyard.delivery.queueing import end_routing
from leadyard.delivery.settling import give_back
from leadyard.delivery.subscriptions import about
from leadyard.identity.model import Principal
from leadyard.leads import events
from leadyard.leads import store as leads_store
from leadyard.leads.after_sale import store
from leadyard.leads.after_sale.assignment import (
    Assignment,
    assignment_entries,
    assignment_of,
    assignment_refusal,
    count_assignment,
)
from leadyard.leads.after_sale.holding import write_sales
from leadyard.leads.after_sale.model import (
    BUSY,
    DELIVERY_UNKNOWN,
    OTHER_CAMPAIGN,
)
from leadyard.leads.model import AttemptState, Lead
from leadyard.leads.outcomes import DONE, limit_of
from leadyard.ledger.credit.counters import post_rare
from leadyard.ledger.model import Entry
from leadyard.ledger.service import Ledger, ReservedIds, charges_of_leads
from leadyard.reports.model import Deltas
from leadyard.reports.service import write_deltas
from leadyard.storage.database import Connection


def find_delivery(setup: AccountSetup, delivery_id: int) -> tuple[Campaign, Delivery] | None:
    """Find a delivery that is not archived, with its campaign."""
    for campaign in setup.campaigns.values():
        for delivery in campaign.deliveries:
            if delivery.id == delivery_id:
                return campaign, delivery
    return None


class AssignmentUnit:
    """One unit of work that gives leads to the buyer of one delivery; make a new one for each."""

    def __init__(
        self,
        setup: AccountSetup,
        ledger: Ledger,
        ids: ReservedIds,
        principal: Principal,
        now: datetime,
    ) -> None:
        """Take the set-up, the ledger with two ids for each lead, who asks, and the instant."""
        self._setup = setup
        self._account_id = setup.account.id
        self._ledger = ledger
        self._ids = ids
        self._principal = principal
        self._now = now
        self._deltas = Deltas()
        self._entries: list[Entry] = []

    async def assign(
        self, connection: Connection, lead_ids: Sequence[int], delivery_id: int, *, tell: bool
    ) -> dict[int, str]:
        """Sell leads at the delivery's price without sending them; caps and credit do not refuse them."""
        found = find_delivery(self._setup, delivery_id)
        if found is None:
            return dict.fromkeys(lead_ids, DELIVERY_UNKNOWN)
        campaign, delivery = found
        limit = limit_of(self._principal)
        locked = await leads_store.lock(connection, self._account_id, lead_ids, limit)
        attempts = await leads_store.attempts(connection, self._account_id, list(locked))
        done: dict[int, str] = {}
        assigned: list[Assignment] = []
        for lead_id in dict.fromkeys(lead_ids):
            lead = locked[lead_id].lead if lead_id in locked else None
            refusal = assignment_refusal(lead, attempts.get(lead_id, []), delivery_id)
            if refusal == DONE and lead is not None:
                refusal = await self._obstacle(connection, lead, campaign)
                if refusal == DONE:
                    assigned.append(await self._assign_one(connection, lead, campaign, delivery))
            done[lead_id] = refusal
        await self._finish(connection, assigned, tell=tell)
        return done

    async def _obstacle(self, connection: Connection, lead: Lead, campaign: Campaign) -> str:
        if lead.campaign_id != campaign.id:
            return OTHER_CAMPAIGN
        return DONE if await end_routing(connection, self._account_id, lead.id) else BUSY

    async def _assign_one(
        self, connection: Connection, lead: Lead, campaign: Campaign, delivery: Delivery
    ) -> Assignment:
        sales = (await store.sales(connection, self._account_id, [lead.id])).get(lead.id, [])
        charges = (await charges_of_leads(connection, self._account_id, [lead.id])).get(lead.id, {})
        assigned = assignment_of(self._setup, lead, sales, charges, campaign, delivery)
        given_up = assigned.reversal.sales
        moved = [(lead.id, sale.number) for sale in given_up]
        await store.move_sales(connection, self._account_id, moved, AttemptState.REASSIGNED)
        for sale in given_up:
            memo = f"reassigned to delivery {delivery.id}"
            settled = await give_back(connection, self._account_id, lead.id, sale.number, self._now, memo)
            await post_rare(connection, settled)
        await store.store_sale(connection, assigned.after)
        self._entries += assignment_entries(assigned, self._now)
        count_assignment(self._deltas, assigned)
        return assigned

    async def _finish(self, connection: Connection, assigned: Sequence[Assignment], *, tell: bool) -> None:
        await write_deltas(connection, self._deltas)
        await write_sales(connection, self._setup, assigned, self._now)
        await self._ledger.post(connection, self._ids.number(self._entries))
        await note_revenue(connection, self._setup, [one.before.id for one in assigned], self._now)
        details = {one.before.id: f"delivery {one.delivery.id}" for one in assigned}
        actor = self._principal.actor
        await events.record(connection, self._account_id, self._now, events.ASSIGNED, details, actor)
        told = {
            one.before.id: about(
                one.before.campaign_id,
                one.before.supplier_id,
                delivery_id=one.delivery.id,
                buyer_id=one.delivery.buyer_id,
            )
            for one in assigned
            if tell
        }
        await outbox.announce(connection, self._setup, self._now, WebhookEvent.LEAD_ASSIGNED, told)
