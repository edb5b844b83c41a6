"""A statement of one affiliate over a period."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class LineKind(StrEnum):
    """What a line of a statement is."""

    EARNED = "earned"
    TAKEN_BACK = "taken_back"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    PAID = "paid"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One booking; `amount` adds to what the affiliate is owed, `balance` is that after it.

    What one payout paid is one line, without commission.
    """

    at: datetime
    kind: LineKind
    amount: Decimal
    balance: Decimal
    memo: str
    commission_id: int | None
    payout_id: int | None
    purchase_id: int | None
    lead_id: int | None


class CurrencyStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement in one currency: `opening` and what moved make `closing`, exactly."""

    currency: str
    opening: Decimal
    earned: Decimal
    lost: Decimal
    paid: Decimal
    closing: Decimal
    lines: tuple[Line, ...]


class PeriodStatement(msgspec.Struct, frozen=True, kw_only=True):
    """What an affiliate was owed at `start` and before `end`, pending commissions included, by currency."""

    affiliate_id: int
    email: str
    start: datetime | None
    end: datetime
    currencies: tuple[CurrencyStatement, ...]
