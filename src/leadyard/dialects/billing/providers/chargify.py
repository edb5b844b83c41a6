"""Chargify's webhooks (forms with `event` and `payload[…]`)."""

from typing import Any

from leadyard.dialects.billing.model import BillingEvent, Customer, Ended, Message, Paid, Refunded, dig, word
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
    if kind == "refund_success" and word(dig(payload, "payment_id")) is not None:
        return [Refunded(codes=(str(word(dig(payload, "payment_id"))),))]
    if kind == "subscription_state_change" and dig(payload, "subscription", "state") in _ENDED:
        return [Ended(customer=_customer(payload), plan_code=_plan(payload))]
    return []


def _customer(payload: Any) -> Customer:
    person = dig(payload, "subscription", "customer")
    return Customer(word(dig(person, "email")), word(dig(person, "reference")))


def _plan(payload: Any) -> str | None:
    return word(dig(payload, "subscription", "product", "handle"))
