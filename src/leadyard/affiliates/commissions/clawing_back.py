"""Taking back what was paid: pure."""

from datetime import datetime

from leadyard.affiliates.commissions.model import Commission, Draft
from leadyard.affiliates.model import CommissionKind


def counterpart(paid: Commission, now: datetime, *, amount: int | None = None, number: int = 1) -> Draft:
    """Write the negative line for a commission that is paid: all of it, or `amount` (negative micro-units).

    `number` tells several of one commission apart.
    """
    return Draft(
        affiliate_id=paid.affiliate_id, kind=CommissionKind.CLAW_BACK, origin=f"claw back:{paid.id}:{number}",
        amount=-paid.amount if amount is None else amount, currency=paid.currency,
        reason=f"taken back: {paid.reason}", due_at=now, purchase_id=paid.purchase_id, person_id=paid.person_id,
        visitor_id=paid.visitor_id, lead_id=paid.lead_id, plan_id=paid.plan_id, plan_line_id=paid.plan_line_id, touch_id=paid.touch_id,
        counterpart_of=paid.id, level=paid.level, repetition=paid.repetition, rate=paid.rate,
        note=f"takes back commission {paid.id}",
    )  # fmt: skip
