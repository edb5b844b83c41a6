"""The terms on which a buyer buys, and the arithmetic of its credit: pure, in whole micro-units."""

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leadyard.kit.money import to_micros

Amount = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]


class CreditMode(StrEnum):
    """Whether a buyer's sales are bounded by credit: not at all, by what it paid before, or by what it owes."""

    NONE = "none"
    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class TopUp(msgspec.Struct, frozen=True):
    """Adds `amount` by itself whenever a prepaid buyer's credit is below `threshold`, at most so often a day."""

    amount: Amount
    threshold: Amount
    most_per_day: Annotated[int, Meta(ge=1, le=100)] = 1


class CreditTerms(msgspec.Struct, frozen=True):
    """How a buyer pays: prepaid, each sale takes its revenue from the credit; postpaid, up to `limit` may be owed.

    A `limit` of 0 is no limit. `terms_days` says when what a postpaid buyer owes is overdue. Below `low` somebody is
    told; 0 tells nobody.
    """

    mode: CreditMode = CreditMode.NONE
    limit: Amount = Decimal(0)
    terms_days: Literal[7, 14, 30] = 30
    low: Amount = Decimal(0)
    top_up: TopUp | None = None


class Alert(IntEnum):
    """What was last told of a buyer's credit; forgotten when credit is added."""

    NONE = 0
    LOW = 1
    EMPTY = 2


class CreditKey(msgspec.Struct, frozen=True, order=True):
    """Whose credit, in which currency."""

    buyer_id: int
    currency: str


class CreditRow(msgspec.Struct):
    """A buyer's credit as locked, and as a unit of work moves it; amounts in micro-units."""

    added: int = 0
    spent: int = 0
    reserved: int = 0
    top_ups: int = 0
    topped_up_on: date | None = None
    alert: int = Alert.NONE


class Balance(msgspec.Struct, frozen=True):
    """What was added to a buyer's credit and what is left of it, in micro-units."""

    added: int = 0
    left: int = 0


class Movement(msgspec.Struct, frozen=True):
    """One change of a buyer's credit; `amount` in micro-units, above 0 when credit grew."""

    id: int
    at: datetime
    kind: str
    amount: int
    currency: str
    lead_id: int | None
    memo: str


def limit_of(terms: CreditTerms) -> int:
    """Give what a buyer may owe, in micro-units."""
    return to_micros(terms.limit) if terms.mode is CreditMode.POSTPAID else 0


def room(row: CreditRow, terms: CreditTerms) -> int | None:
    """Tell how much more may be sold, in micro-units; None without a limit."""
    if terms.mode is CreditMode.NONE or (terms.mode is CreditMode.POSTPAID and not terms.limit):
        return None
    return row.added + limit_of(terms) - row.spent - row.reserved


def due_alert(row: CreditRow, terms: CreditTerms) -> Alert:
    """Tell what somebody should know of a buyer's credit as it stands once attempts under way are left out."""
    left = room(row, terms)
    if left is None:
        return Alert.NONE
    left += row.reserved
    if left <= 0:
        return Alert.EMPTY
    return Alert.LOW if left < to_micros(terms.low) else Alert.NONE


def top_up(row: CreditRow, terms: CreditTerms, today: date) -> int:
    """Add what the rule adds now, in place; gives how much, in micro-units."""
    rule = terms.top_up
    if rule is None or terms.mode is not CreditMode.PREPAID:
        return 0
    amount, threshold = to_micros(rule.amount), to_micros(rule.threshold)
    if row.topped_up_on != today:
        row.topped_up_on, row.top_ups = today, 0
    gained = 0
    while row.top_ups < rule.most_per_day and row.added - row.spent - row.reserved < threshold:
        row.top_ups += 1
        row.added += amount
        gained += amount
    if gained:
        row.alert = Alert.NONE
    return gained


def settled_take(row: CreditRow, terms: CreditTerms, held: int, price: int) -> int:
    """Tell how much of a sale's real price its credit pays, once what was held for it is free again.

    What was held is always paid; of what the buyer's own price asks beyond it, as much as there is.
    """
    if terms.mode is CreditMode.NONE:
        left: int | None = row.added - row.spent - row.reserved
    else:
        left = room(row, terms)
    return price if left is None else min(price, max(held, left, 0))
