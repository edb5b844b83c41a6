"""Chargify's webhooks (forms with `event` and `payload[…]`)."""

from typing import Any

from leadyard.dialects.billing.model import (
    BillingEvent,
    Customer,
    Ended,
    Message,
    Paid,
    Refunded,
    UnreadableError,
    dig,
    first_word,
    money,
    money_back,
    word,
)
from leadyard.dialects.billing.reading import minor_units, nested_form

_ENDED = frozenset({"canceled", "expired"})


def read(message: Message) -> list[BillingEvent]:
    """Read an event; raises UnreadableError."""
    document = nested_form(message)
    kind, payload = word(document.get("event")), document.get("payload")
    payment, code = dig(payload, "transaction"), word(dig(payload, "transaction", "id"))
    if kind == "payment_success" and code is not None:
        currency = word(dig(payload, "subscription", "currency"))
        return [
            Paid(
                code=code, customer=_customer(payload), currency=currency, plan_code=_plan(payload),
                amount=minor_units(dig(payment, "amount_in_cents"), currency), description=word(dig(payment, "memo")),
            )
        ]  # fmt: skip
    if kind == "refund_success":
        return _refund(payload, word(document.get("id")))
    if kind == "subscription_state_change" and dig(payload, "subscription", "state") in _ENDED:
        return [Ended(customer=_customer(payload), plan_code=_plan(payload))]
    return []


def _refund(payload: Any, message_id: str | None) -> list[BillingEvent]:
    """Read a refund; its fields stand in the payload itself or in its transaction, which names the payment it takes back."""
    refund = dig(payload, "transaction")
    code = first_word(dig(payload, "payment_id"), dig(refund, "payment_id"))
    if code is None:
        return []
    currency = word(dig(payload, "subscription", "currency"))
    cents = first_word(dig(payload, "refund_amount_in_cents"), dig(refund, "amount_in_cents"))
    amount = money(dig(payload, "refund_amount")) if cents is None else minor_units(cents, currency)
    refund_code = first_word(dig(payload, "refund_id"), dig(refund, "id"), message_id)
    if amount is not None and refund_code is None:
        raise UnreadableError("A refund of a part has no id.")
    return [Refunded(codes=(code,), refund_code=refund_code, amount=money_back(amount), currency=currency)]


def _customer(payload: Any) -> Customer:
    person = dig(payload, "subscription", "customer")
    return Customer(word(dig(person, "email")), word(dig(person, "reference")))


def _plan(payload: Any) -> str | None:
    return word(dig(payload, "subscription", "product", "handle"))
