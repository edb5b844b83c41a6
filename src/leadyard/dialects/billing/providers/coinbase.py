"""Coinbase's callbacks: merchant orders (`order`) and Commerce charges (`event`)."""

from typing import Any

from leadyard.dialects.billing.model import (
    BillingEvent,
    Customer,
    Message,
    Paid,
    Refunded,
    dig,
    first_word,
    money,
    word,
)
from leadyard.dialects.billing.reading import json_object, minor_units, tracking_of

_CONFIRMED = frozenset({"charge:confirmed", "charge:resolved"})


def read(message: Message) -> list[BillingEvent]:
    """Read a callback; raises UnreadableError."""
    document = json_object(message)
    if "order" in document:
        return _order(document["order"])
    kind, charge = word(dig(document, "event", "type")), dig(document, "event", "data")
    code, price = word(dig(charge, "code")), dig(charge, "pricing", "local")
    if kind not in _CONFIRMED or code is None:
        return []
    details = dig(charge, "metadata")
    customer = Customer(word(dig(details, "email")), tracking_of(details) or word(dig(details, "custom")))
    paid = Paid(
        code=code, customer=customer, amount=money(dig(price, "amount")), currency=word(dig(price, "currency")),
        plan_code=word(dig(charge, "checkout", "id")), description=word(dig(charge, "name")),
    )  # fmt: skip
    return [paid]


def _order(order: Any) -> list[BillingEvent]:
    code, status = word(dig(order, "id")), word(dig(order, "status"))
    if code is None:
        return []
    if status in {"refunded", "mispaid"}:
        # An order that was paid wrongly may still be paid rightly.
        return [Refunded(codes=(code,), is_kept=status == "refunded")]
    if status != "completed":
        return []
    currency = word(dig(order, "total_native", "currency_iso"))
    customer = Customer(word(dig(order, "customer", "email")), word(dig(order, "custom")))
    return [
        Paid(
            code=code, customer=customer, currency=currency,
            amount=minor_units(dig(order, "total_native", "cents"), currency),
            plan_code=first_word(dig(order, "button", "id")), description=word(dig(order, "button", "name")),
        )
    ]  # fmt: skip
