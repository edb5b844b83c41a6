"""What billing systems tell of, in one form, and how their messages are read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.affiliates.model import LineItem


class UnreadableError(Exception):
    """A message that is not of its provider's form."""


class Customer(msgspec.Struct, frozen=True):
    """Who paid: by e-mail address, by the tracking id that was carried through, or by both."""

    email: str | None = None
    tracking_code: str | None = None


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Money came; `code` is the provider's id of the payment, the same in every message about it.

    `amount` is what was paid, whatever went back since.
    """

    code: str
    customer: Customer
    amount: Decimal | None = None
    currency: str | None = None
    plan_code: str | None = None
    coupon: str | None = None
    description: str | None = None
    line_items: tuple[LineItem, ...] | None = None


class Refunded(msgspec.Struct, frozen=True, kw_only=True):
    """Money went back for a payment known by one of `codes`: an amount, or all of it.

    `refund_code` is the provider's id of the refund, without which it is all that went back so far. `is_kept` is False
    for what may still be followed by a payment of the same code.
    """

    codes: tuple[str, ...]
    refund_code: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    is_kept: bool = True


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription ended: nothing more is to come of it. Without a plan all of the customer's."""

    customer: Customer
    plan_code: str | None = None
    effective_at: datetime | None = None


BillingEvent = Paid | Refunded | Ended


class Message(msgspec.Struct, frozen=True):
    """A message as it arrived; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Give a header's text, empty where it is missing."""
        return self.headers.get(name, "")


Read = Callable[[Message], list[BillingEvent]]
"""Reads a message; an empty list is one that tells of nothing for us. Raises UnreadableError."""


class Provider(msgspec.Struct, frozen=True):
    """A billing system: how its messages are read, and whether one is signed with a secret.

    `is_signed` (message, secret) is None for a provider that signs nothing. `takes_public_key` is for messages that the
    provider itself confirms afterwards.
    """

    name: str
    path: str
    read: Read
    is_signed: Callable[[Message, str], bool] | None = None
    takes_public_key: bool = False


def dig(value: Any, *path: str | int) -> Any:
    """Follow members and places through a document; None where it has something else."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def word(value: Any) -> str | None:
    """Read a text or a whole number as text; blank is None."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def first_word(*values: Any) -> str | None:
    """Give the first of these that is a text."""
    return next((found for found in map(word, values) if found is not None), None)


def money(value: Any) -> Decimal | None:
    """Read an amount; None for what is none. Negative ones are given as they are."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return amount if amount.is_finite() else None


def money_back(amount: Decimal | None) -> Decimal | None:
    """Give an amount that went back as what it is worth: some systems write it below zero."""
    return None if amount is None else abs(amount)
