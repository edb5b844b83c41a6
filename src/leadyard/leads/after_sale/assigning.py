"""Giving leads to a buyer by hand, inside the caller's unit of work."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Delivery, WebhookEvent
from leadyard.delivery import outbox
from leadyard.delivery.planning import delivery_caps
from leadyard.delivery.queueing import end_routing
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
from leadyard.leads.after_sale.model import (
    BUSY,
    DELIVERY_UNKNOWN,
    OTHER_CAMPAIGN,
    GiveBackCredit,
    GivenBack,
)
from leadyard.leads.model import AttemptState, Lead
from leadyard.leads.outcomes import DONE, limit_of
from leadyard.ledger.model import NOBODY, Entry
from leadyard.ledger.service import Ledger, ReservedIds, charges_of_leads
from leadyard.reports.model import Deltas
from leadyard.reports.service import write_deltas
from leadyard.routing.caps import CapKey, move_caps
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
        give_back_credit: GiveBackCredit | None,
    ) -> None:
        """Take the set-up, the ledger with two ids for each lead, who asks, the instant, and who keeps credit."""
        self._setup = setup
        self._account_id = setup.account.id
        self._ledger = ledger
        self._ids = ids
        self._principal = principal
        self._now = now
        self._give_back_credit = give_back_credit
        self._deltas = Deltas()
        self._entries: list[Entry] = []
        self._caps: Counter[CapKey] = Counter()

    async def assign(
        self, connection: Connection, lead_ids: Sequence[int], delivery_id: int, *, tell: bool
    ) -> dict[int, str]:
        """Sell leads at the delivery's revenue without sending them; caps count them but do not refuse them."""
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
        assigned = assignment_of(lead, sales, charges, campaign, delivery)
        moved = [(lead.id, sale.number) for sale in assigned.reversal.sales]
        await store.move_sales(connection, self._account_id, moved, AttemptState.REASSIGNED)
        await store.insert_assignment(connection, lead, delivery, assigned.revenue, events.BY_HAND, self._now)
        await store.store_sale(connection, assigned.after)
        self._entries += assignment_entries(assigned, self._now)
        count_assignment(self._deltas, assigned)
        zone = ZoneInfo(self._setup.account.time_zone)
        for use in delivery_caps(self._setup, delivery, self._now, zone):
            self._caps[use.key] += 1
        return assigned

    async def _finish(self, connection: Connection, assigned: Sequence[Assignment], *, tell: bool) -> None:
        await write_deltas(connection, self._deltas)
        await move_caps(connection, dict(self._caps))
        await self._ledger.post(connection, self._ids.number(self._entries))
        for one in assigned:
            await self._give_back(connection, one)
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

    async def _give_back(self, connection: Connection, assigned: Assignment) -> None:
        if self._give_back_credit is None:
            return
        lead = assigned.before
        for buyer_id, amount in assigned.reversal.charges.items():
            if amount and buyer_id != NOBODY:
                given = GivenBack(self._account_id, buyer_id, lead.id, amount, lead.currency, self._now)
                await self._give_back_credit(connection, given)
