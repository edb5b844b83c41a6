"""Stripe events (docs.stripe.com, "Types of events").

One payment is told of by several events: invoice, checkout session and charge. All carry the payment intent, which
therefore is the purchase's code where there is one.
"""

from datetime import UTC, datetime
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
    word,
)
from leadyard.dialects.billing.reading import json_object, minor_units, tracking_of

_INVOICES = frozenset({"invoice.paid", "invoice.payment_succeeded"})
_SESSIONS = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})


def read(message: Message) -> list[BillingEvent]:
    """Read an event; raises UnreadableError."""
    document = json_object(message)
    kind, told = word(document.get("type")) or "", dig(document, "data", "object")
    event: BillingEvent | None = None
    if kind in _INVOICES:
        event = _invoice(told)
    elif kind in _SESSIONS and dig(told, "mode") == "payment" and dig(told, "payment_status") == "paid":
        event = _session(told)
    elif kind == "charge.succeeded" and not dig(told, "invoice"):
        event = _charge(told)
    elif kind == "charge.refunded":
        event = _refund(told)
    elif kind == "customer.subscription.deleted":
        event = _end(told)
    return [] if event is None else [event]


def _invoice(told: Any) -> Paid | None:
    line = dig(told, "lines", "data", 0)
    plan = first_word(
        dig(line, "price", "lookup_key"), dig(line, "price", "id"), dig(line, "plan", "id"),
        dig(line, "pricing", "price_details", "price"),
    )  # fmt: skip
    code = first_word(dig(told, "payment_intent"), dig(told, "charge"), dig(told, "id"))
    customer = Customer(word(dig(told, "customer_email")), _tracking(told, line))
    return _paid(code, customer, dig(told, "amount_paid"), told, plan)


def _session(told: Any) -> Paid | None:
    code = first_word(dig(told, "payment_intent"), dig(told, "id"))
    email = first_word(dig(told, "customer_details", "email"), dig(told, "customer_email"))
    tracking = _tracking(told) or word(dig(told, "client_reference_id"))
    plan = first_word(dig(told, "metadata", "plan_code"), dig(told, "metadata", "plan"))
    return _paid(code, Customer(email, tracking), dig(told, "amount_total"), told, plan)


def _charge(told: Any) -> Paid | None:
    code = first_word(dig(told, "payment_intent"), dig(told, "id"))
    email = first_word(dig(told, "billing_details", "email"), dig(told, "receipt_email"))
    plan = first_word(dig(told, "metadata", "plan_code"), dig(told, "metadata", "plan"))
    return _paid(code, Customer(email, _tracking(told)), dig(told, "amount"), told, plan)


def _paid(code: str | None, customer: Customer, amount: Any, told: Any, plan: str | None) -> Paid | None:
    currency = word(dig(told, "currency"))
    if code is None:
        return None
    return Paid(
        code=code, customer=customer, amount=minor_units(amount, currency), currency=currency, plan_code=plan,
        description=word(dig(told, "description")),
    )  # fmt: skip


def _refund(told: Any) -> Refunded:
    codes = tuple(filter(None, (word(dig(told, name)) for name in ("payment_intent", "id", "invoice"))))
    whole, back = dig(told, "amount"), dig(told, "amount_refunded")
    if isinstance(whole, int) and isinstance(back, int) and 0 <= back < whole:
        currency = word(dig(told, "currency"))
        return Refunded(codes=codes, amount=minor_units(back, currency), currency=currency)
    return Refunded(codes=codes)


def _end(told: Any) -> Ended:
    item = dig(told, "items", "data", 0)
    plan = first_word(dig(item, "price", "lookup_key"), dig(item, "price", "id"), dig(told, "plan", "id"))
    ended = dig(told, "ended_at")
    at = datetime.fromtimestamp(ended, UTC) if isinstance(ended, int) and 0 < ended < 2**33 else None
    customer = Customer(
        first_word(dig(told, "customer_email"), dig(told, "metadata", "email")), _tracking(told)
    )
    return Ended(customer=customer, plan_code=plan, effective_at=at)


def _tracking(*told: Any) -> str | None:
    values = (dig(part, "metadata") for part in told)
    details = (dig(part, "subscription_details", "metadata") for part in told)
    return next(filter(None, map(tracking_of, (*values, *details))), None)
