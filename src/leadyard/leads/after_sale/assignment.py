"""What giving a lead to a buyer by hand changes: pure (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import AcceptOn, Campaign, Delivery
from leadyard.delivery.rules import offered_price, payout_of_sale, payout_when_valid
from leadyard.leads.after_sale.model import ALREADY_ASSIGNED, Sale
from leadyard.leads.after_sale.rules import Reversal, count_reversal
from leadyard.leads.financials import add
from leadyard.leads.model import (
    APPROVED_STATES,
    AttemptState,
    Lead,
    SaleStatus,
    Standing,
    SystemStatus,
)
from leadyard.leads.outcomes import DONE, NOT_FOUND, OUTCOME_UNKNOWN
from leadyard.leads.store import Held
from leadyard.ledger.model import Entry, EntryKind, given_back, made, sold
from leadyard.reports.model import Deltas, attempt_change, standing_change
from leadyard.routing.offers import Sale as Exclusivity


class _Routed(msgspec.Struct):
    """A lead as rules look at it."""

    only: int
    campaign_id: int
    supplier_id: int | None
    channel: int
    fields: dict[str, str]
    received_at: datetime


class Assignment(msgspec.Struct, frozen=True):
    """A lead before and after it is given to a buyer, with what is taken from those who had it."""

    before: Lead
    after: Lead
    reversal: Reversal
    delivery: Delivery
    revenue: int
    payout: int


def assignment_refusal(lead: Lead | None, attempts: Sequence[Held], delivery_id: int) -> str:
    """Tell why a lead cannot be given to a delivery's buyer, or give "".

    One that the delivery sold by itself can: from then on the sale is one by hand, at the delivery's price.
    """
    if lead is None or lead.system_status is not SystemStatus.VALID or lead.is_test:
        return NOT_FOUND
    states = {attempt.state for attempt in attempts if attempt.delivery_id == delivery_id}
    if AttemptState.ASSIGNED in states:
        return ALREADY_ASSIGNED
    return OUTCOME_UNKNOWN if AttemptState.UNKNOWN in states else DONE


def assignment_of(
    setup: AccountSetup,
    lead: Lead,
    sales: Sequence[Sale],
    charges: Mapping[int, int],
    campaign: Campaign,
    delivery: Delivery,
) -> Assignment:
    """Work out an assignment at the delivery's price; whoever had the lead before is charged nothing for it.

    On Buyer Delivery Accept the payout is that of the new sale. On System Accept it stays, and is owed again
    when a return had taken it.
    """
    routed = _Routed(0, campaign.id, lead.supplier_id, lead.channel, lead.fields, lead.received_at)
    revenue = offered_price(setup, campaign, routed, delivery, Exclusivity.EXCLUSIVE)
    standing = tuple(sale for sale in sales if sale.state in APPROVED_STATES)
    by_buyer = campaign.settings.accept_on is AcceptOn.BUYER
    reversal = Reversal(standing, dict(charges), lead.payout if by_buyer else 0, is_last=True)
    if by_buyer:
        payout = payout_of_sale(setup, campaign, delivery.id, routed, revenue)
    else:
        is_owed_again = lead.sale_status is SaleStatus.RETURNED and not lead.payout
        payout = payout_when_valid(setup, campaign, routed) if is_owed_again else 0
    after = msgspec.structs.replace(
        lead,
        sale_status=SaleStatus.ASSIGNED,
        standing=Standing.APPROVED,
        payout=lead.payout - reversal.payout + payout,
        revenue=lead.revenue - reversal.revenue + revenue,
    )
    return Assignment(lead, after, reversal, delivery, revenue, payout)


def assignment_entries(assigned: Assignment, now: datetime) -> list[Entry]:
    """Book an assignment: the old sales taken back, if there were any, and the new one."""
    lead, delivery = assigned.before, assigned.delivery
    back = given_back(
        lead.account_id,
        EntryKind.REASSIGNED,
        now,
        lead.id,
        charges=assigned.reversal.charges,
        supplier_id=lead.supplier_id,
        payout=assigned.reversal.payout,
        currency=lead.currency,
        memo=f"reassigned to delivery {delivery.id}",
    )
    sale = sold(
        lead.account_id,
        now,
        lead.id,
        buyer_id=delivery.buyer_id,
        supplier_id=lead.supplier_id,
        revenue=assigned.revenue,
        payout=assigned.payout,
        currency=lead.currency,
        memo=f"assigned to delivery {delivery.id}",
    )
    return made((back, sale))


def count_assignment(deltas: Deltas, assigned: Assignment) -> None:
    """Add what an assignment changes in the reports; giving up an old sale is no return."""
    lead, reversal = assigned.before, assigned.reversal
    between = msgspec.structs.replace(
        lead, payout=lead.payout - reversal.payout, revenue=lead.revenue - reversal.revenue
    )
    count_reversal(deltas, lead, between, reversal, AttemptState.REASSIGNED)
    add(
        deltas,
        lead,
        payout=assigned.payout,
        revenue=assigned.revenue,
        **standing_change(lead.standing, assigned.after.standing),
    )
    deltas.buyer(
        lead.account_id,
        lead.received_at,
        lead.campaign_id,
        lead.supplier_id,
        assigned.delivery.buyer_id,
        assigned.delivery.id,
        **attempt_change(None, AttemptState.ASSIGNED),
        revenue=assigned.revenue,
    )
