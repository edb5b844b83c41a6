"""Commissions as they are kept and as they are shown."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from leadyard.affiliates.model import CommissionKind, CommissionState
from leadyard.kit.money import from_micros, plain


class CommissionStatus(StrEnum):
    """How a commission stands at a moment (docs/affiliates.md, "Commissions")."""

    PENDING = "pending"
    DUE = "due"
    PAID = "paid"
    CANCELLED = "cancelled"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A commission that is to be made; `amount` in micro-units, `origin` names what made it.

    `tier` is the place, from 1, of the tier of the plan's line whose price it has.
    """

    affiliate_id: int
    kind: CommissionKind
    origin: str
    amount: int
    currency: str
    reason: str
    due_at: datetime
    purchase_id: int | None = None
    person_id: int | None = None
    visitor_id: int | None = None
    lead_id: int | None = None
    plan_id: int | None = None
    plan_line_id: int | None = None
    touch_id: int | None = None
    counterpart_of: int | None = None
    level: int = 0
    repetition: int = 1
    rate: Decimal | None = None
    tier: int | None = None
    note: str | None = None
    is_held: bool = False


class Commission(Draft, frozen=True, kw_only=True):
    """One row of commissions."""

    id: int
    state: CommissionState
    payout_id: int | None
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        """Tell whether it is paid, or promised to a payout that may be on its way: it changes no more."""
        return self.state is CommissionState.PAID or (
            self.state is CommissionState.OPEN and self.payout_id is not None
        )

    @property
    def can_change(self) -> bool:
        """Tell whether its amount may still change."""
        return self.state is CommissionState.OPEN and self.payout_id is None

    def told(self) -> dict[str, Any]:
        """Say of it what webhooks are told."""
        return {
            "commission": {
                "id": self.id,
                "affiliate_id": self.affiliate_id,
                "amount": plain(from_micros(self.amount)),
                "currency": self.currency,
                "level": self.level,
                "reason": self.reason,
                "purchase_id": self.purchase_id,
                "lead_id": self.lead_id,
                "due_at": self.due_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        }


class CommissionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A commission as people read it; `rate` is what one of the purchase's currency was worth, `is_held` says that
    it waits for a person's word.
    """

    id: int
    status: CommissionStatus
    kind: str
    affiliate_id: int
    affiliate_email: str
    amount: Decimal
    currency: str
    level: int
    repetition: int
    reason: str
    note: str | None
    rate: Decimal | None
    is_held: bool
    purchase_id: int | None
    purchase_code: str | None
    person_id: int | None
    visitor_id: int | None
    lead_id: int | None
    plan_id: int | None
    plan_code: str | None
    plan_line_id: int | None
    touch_id: int | None
    counterpart_of: int | None
    payout_id: int | None
    due_at: datetime
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CommissionFilters(msgspec.Struct, frozen=True):
    """Which commissions a list shows; None is no filter. Made from the first instant on and before the second."""

    affiliate_id: int | None = None
    purchase_id: int | None = None
    status: CommissionStatus | None = None
    currency: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    is_held: bool | None = None


class Sum(msgspec.Struct, frozen=True):
    """How many commissions of a status there are in a currency, and their sum."""

    currency: str
    status: CommissionStatus
    count: int
    amount: Decimal
