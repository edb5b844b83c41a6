"""When a lead can be returned, and what a return changes: pure (docs/leadbyte.md, "Calls")."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.returns import DEFAULT_REASONS, ReturnPeriod, ReturnPolicy
from leadyard.leads.after_sale.model import ALREADY_RETURNED, NOT_SOLD_TO_BUYER, Sale
from leadyard.leads.financials import SOLD_STATUSES, add
from leadyard.leads.model import (
    APPROVED_STATES,
    AttemptState,
    Lead,
    SaleStatus,
    Standing,
    SystemStatus,
)
from leadyard.leads.outcomes import DONE, NOT_APPROVED, NOT_FOUND
from leadyard.ledger.model import NOBODY
from leadyard.reports.model import Deltas, attempt_change, standing_change

_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
_BOOKED = frozenset({Standing.APPROVED, Standing.RETURNED})


class Reversal(msgspec.Struct, frozen=True):
    """What is taken back of a lead: the sales, what each buyer was charged for it, and the supplier's payout."""

    sales: tuple[Sale, ...]
    charges: dict[int, int]
    payout: int
    is_last: bool

    @property
    def revenue(self) -> int:
        """Sum what is taken back from buyers."""
        return sum(self.charges.values())


def known_reasons(own: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Give the labels of the reasons that may be used, by code; an account's own (code, label, status) come first."""
    reasons = dict(DEFAULT_REASONS)
    for code, label, status in own:
        reasons.pop(code, None)
        if status == "Active":
            reasons[code] = label
    return reasons


def return_refusal(lead: Lead | None, sales: Sequence[Sale], buyer_id: int) -> str:
    """Tell why a buyer cannot return a lead, or give ""."""
    if lead is None or lead.system_status is not SystemStatus.VALID:
        return NOT_FOUND
    states = {sale.state for sale in sales if sale.buyer_id == buyer_id}
    if states & APPROVED_STATES:
        return DONE
    if AttemptState.RETURNED in states:
        return ALREADY_RETURNED
    is_approved = lead.sale_status in SOLD_STATUSES or lead.standing in _BOOKED
    return NOT_SOLD_TO_BUYER if is_approved else NOT_APPROVED


def reversal_of_return(
    lead: Lead, sales: Sequence[Sale], charges: Mapping[int, int], buyer_id: int, *, reverse_payout: bool
) -> Reversal:
    """Take one buyer's sales back; with the last sale goes whatever else was charged, and the payout if wanted."""
    standing = [sale for sale in sales if sale.state in APPROVED_STATES]
    given = tuple(sale for sale in standing if sale.buyer_id == buyer_id)
    if len(given) < len(standing):
        return Reversal(given, {buyer_id: charges.get(buyer_id, 0)}, 0, is_last=False)
    return Reversal(given, dict(charges), lead.payout if reverse_payout else 0, is_last=True)


def returned_lead(lead: Lead, reversal: Reversal) -> Lead:
    """Tell how a lead stands after a return: Returned when no sale is left."""
    sale_status = SaleStatus.RETURNED if reversal.is_last else lead.sale_status
    return msgspec.structs.replace(
        lead,
        sale_status=sale_status,
        standing=Standing.RETURNED if reversal.is_last else lead.standing,
        payout=lead.payout - reversal.payout,
        revenue=lead.revenue - reversal.revenue,
    )


def count_reversal(deltas: Deltas, lead: Lead, after: Lead, reversal: Reversal, state: AttemptState) -> None:
    """Add what taking sales back changes in the reports; `state` is what becomes of the attempts."""
    add(
        deltas,
        lead,
        payout=after.payout - lead.payout,
        revenue=after.revenue - lead.revenue,
        **standing_change(lead.standing, after.standing),
    )
    left = dict(reversal.charges)
    last = {sale.buyer_id: sale.delivery_id for sale in reversal.sales}
    for sale in reversal.sales:
        left[sale.buyer_id] = left.get(sale.buyer_id, 0) - sale.revenue
        changes = {**attempt_change(sale.state, state), "revenue": -sale.revenue}
        _count(deltas, lead, sale.buyer_id, sale.delivery_id, changes)
    # What financial updates added to a sale's price was counted at the buyer's last sale, or at no delivery.
    for buyer_id, amount in left.items():
        if buyer_id != NOBODY:
            _count(deltas, lead, buyer_id, last.get(buyer_id), {"revenue": -amount})


def _count(
    deltas: Deltas, lead: Lead, buyer_id: int, delivery_id: int | None, changes: Mapping[str, int]
) -> None:
    deltas.buyer(
        lead.account_id,
        lead.received_at,
        lead.campaign_id,
        lead.supplier_id,
        buyer_id,
        delivery_id,
        **changes,
    )


def period_of(received_at: datetime, period: ReturnPeriod, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the local day, week or month in which a lead was received, as instants."""
    if period is ReturnPeriod.EVER:
        return _EVER
    day = received_at.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period is ReturnPeriod.DAY:
        start, end = day, day + timedelta(days=1)
    elif period is ReturnPeriod.WEEK:
        start = day - timedelta(days=day.weekday())
        end = start + timedelta(days=7)
    else:
        start = day.replace(day=1)
        end = (start + timedelta(days=31)).replace(day=1)
    return start.replace(tzinfo=zone).astimezone(UTC), end.replace(tzinfo=zone).astimezone(UTC)


def is_too_late(policy: ReturnPolicy, sold_at: datetime, now: datetime) -> bool:
    """Tell whether a sale is longer ago than may be returned."""
    return policy.longest_days is not None and now > sold_at + timedelta(days=policy.longest_days)


def is_full(policy: ReturnPolicy, sold: int, returned: int) -> bool:
    """Tell whether one more return would be too many for a number or share of the leads sold."""
    if policy.most is not None and returned + 1 > policy.most:
        return True
    return policy.most_percent is not None and (returned + 1) * 100 > sold * policy.most_percent
