"""Chargebee's events, API V2 (apidocs.chargebee.com, "Events"). The affiliate token is the tracking id."""

from typing import Any

from leadyard.dialects.billing.model import (
    BillingEvent,
    Customer,
    Ended,
    Message,
    Paid,
    Refunded,
    dig,
    first_word,
    money_back,
    word,
)
from leadyard.dialects.billing.reading import json_object, minor_units

_ENDS = frozenset({"subscription_cancelled", "subscription_deleted"})


def read(message: Message) -> list[BillingEvent]:
    """Read an event; raises UnreadableError."""
    document = json_object(message)
    kind, content = word(document.get("event_type")) or "", document.get("content")
    payment, code = dig(content, "transaction"), word(dig(content, "transaction", "id"))
    if kind == "payment_succeeded" and code is not None:
        currency = word(dig(payment, "currency_code"))
        return [
            Paid(
                code=code, customer=_customer(content), amount=minor_units(dig(payment, "amount"), currency),
                currency=currency, plan_code=_plan(content),
            )
        ]  # fmt: skip
    if kind == "payment_refunded":
        return [_refund(payment)]
    if kind in _ENDS:
        return [Ended(customer=_customer(content), plan_code=_plan(content))]
    return []


def _refund(transaction: Any) -> Refunded:
    """Read a refund: a transaction of its own, which names the one that it takes back."""
    currency = word(dig(transaction, "currency_code"))
    payments = (
        dig(transaction, "refunded_txn_id"), dig(transaction, "linked_payments", 0, "txn_id"),
        dig(transaction, "reference_transaction_id"),
    )  # fmt: skip
    code = word(dig(transaction, "id"))
    return Refunded(
        codes=tuple(filter(None, map(word, (*payments, code)))), refund_code=code, currency=currency,
        amount=money_back(minor_units(dig(transaction, "amount"), currency)),
    )  # fmt: skip


def _customer(content: Any) -> Customer:
    token = first_word(
        dig(content, "subscription", "affiliate_token"), dig(content, "customer", "cf_affiliate_token")
    )
    return Customer(word(dig(content, "customer", "email")), token)


def _plan(content: Any) -> str | None:
    subscription, line = dig(content, "subscription"), dig(content, "invoice", "line_items", 0)
    return first_word(
        dig(subscription, "plan_id"),
        dig(subscription, "subscription_items", 0, "item_price_id"),
        dig(line, "entity_id"),
    )
