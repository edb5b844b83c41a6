"""What changing a lead's money books: pure, so that every case can be tested (docs/leadbyte.md, "Calls")."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.leads.model import APPROVED_STATES, Lead, SaleStatus, Standing, SystemStatus
from leadyard.leads.store import Held
from leadyard.leads.views import Costs
from leadyard.ledger.model import COST_BOOKS, Entry, EntryKind, cost, financials_changed
from leadyard.reports.model import Deltas

SOLD_STATUSES = frozenset({SaleStatus.SOLD, SaleStatus.ASSIGNED})


class NewAmounts(msgspec.Struct, frozen=True):
    """What an operator asked for, in micro-units; None keeps what is there."""

    payout: int | None
    revenue: int | None
    buyer_id: int | None


class Booking(msgspec.Struct, frozen=True):
    """A lead's amounts as they are to be, and the entry that takes them there."""

    payout: int
    revenue: int
    costs: Costs
    entry: Entry | None


def refusal(lead: Lead | None, *, not_found: str, not_approved: str) -> str:
    """Tell why a lead's amounts cannot be replaced, or give ""."""
    if lead is None or lead.system_status is not SystemStatus.VALID:
        return not_found
    return "" if lead.sale_status in SOLD_STATUSES else not_approved


def replaced(
    lead: Lead, costs: Costs, wanted: NewAmounts, attempts: Sequence[Held], now: datetime, deltas: Deltas
) -> Booking:
    """Replace payout and revenue; a difference in revenue goes to the buyer named, else to who bought last."""
    payout = lead.payout if wanted.payout is None else wanted.payout
    revenue = lead.revenue if wanted.revenue is None else wanted.revenue
    sale = _sale(attempts, wanted.buyer_id)
    buyer_id = wanted.buyer_id or (None if sale is None else sale.buyer_id)
    entry = financials_changed(
        lead.account_id,
        now,
        lead.id,
        buyer_id=buyer_id,
        supplier_id=lead.supplier_id,
        old_revenue=lead.revenue,
        new_revenue=revenue,
        old_payout=lead.payout,
        new_payout=payout,
        currency=lead.currency,
        memo="changed by hand",
    )
    add(deltas, lead, payout=payout - lead.payout, revenue=revenue - lead.revenue)
    if buyer_id is not None:
        deltas.buyer(
            lead.account_id,
            lead.received_at,
            lead.campaign_id,
            lead.supplier_id,
            buyer_id,
            None if sale is None else sale.delivery_id,
            revenue=revenue - lead.revenue,
        )
    return Booking(payout, revenue, costs, entry)


def _sale(attempts: Sequence[Held], buyer_id: int | None) -> Held | None:
    """Find the last sale, of a certain buyer if one is named."""
    sales = [a for a in attempts if a.state in APPROVED_STATES and buyer_id in {None, a.buyer_id}]
    return sales[-1] if sales else None


def spent(
    lead: Lead, costs: Costs, kind: EntryKind, amount: int, now: datetime, deltas: Deltas, memo: str
) -> Booking:
    """Add to what checks or messages of a lead cost."""
    part = COST_BOOKS[kind].value
    raised = msgspec.structs.replace(costs, **{part: getattr(costs, part) + amount})
    entry = cost(lead.account_id, kind, now, lead.id, amount=amount, currency=lead.currency, memo=memo)
    add(deltas, lead, **{kind.value: amount})
    return Booking(lead.payout, lead.revenue, raised, entry)


def add(deltas: Deltas, lead: Lead, **changes: int) -> None:
    """Add changes to the roll-up of a lead, unless reports leave it out."""
    if lead.standing is not Standing.NOT_COUNTED:
        deltas.lead(
            lead.account_id,
            lead.received_at,
            lead.campaign_id,
            lead.supplier_id,
            lead.sub_supplier_id,
            lead.channel,
            **changes,
        )
