"""Recurly's push notifications: XML, as the body or in the form field `xmlRequest`.

Hosted pages carry the tracking id as the account's code.
"""

from leadyard.delivery.xml_paths import Element, compile_path, find
from leadyard.dialects.billing.model import (
    BillingEvent,
    Customer,
    Ended,
    Message,
    Paid,
    Refunded,
    UnreadableError,
    money_back,
)
from leadyard.dialects.billing.reading import form, minor_units, xml

_REFUND, _VOID = "successful_refund_notification", "void_payment_notification"
_ENDS = frozenset({"canceled_subscription_notification", "expired_subscription_notification"})
_PATHS = {
    name: compile_path(f"/*/{path}")
    for name, path in {
        "account": "account/account_code",
        "email": "account/email",
        "id": "transaction/id",
        "original": "transaction/original_transaction_id",
        "reference": "transaction/reference",
        "cents": "transaction/amount_in_cents",
        "currency": "transaction/currency",
        "plan": "subscription/plan/plan_code",
    }.items()
}


def read(message: Message) -> list[BillingEvent]:
    """Read a notification; raises UnreadableError."""
    text = message.body.decode("utf-8", "replace").strip()
    if not text.startswith("<"):
        text = form(message).get("xmlRequest", "").strip()
    document = xml(text)
    customer = Customer(_text(document, "email"), _text(document, "account"))
    if document.name == "successful_payment_notification":
        code, currency = _text(document, "id"), _text(document, "currency")
        if code is None:
            raise UnreadableError("The payment has no id.")
        amount = minor_units(_text(document, "cents"), currency)
        plan = _text(document, "plan")
        return [Paid(code=code, customer=customer, amount=amount, currency=currency, plan_code=plan)]
    if document.name in {_REFUND, _VOID}:
        return [_refund(document)]
    if document.name in _ENDS:
        return [Ended(customer=customer, plan_code=_text(document, "plan"))]
    return []


def _refund(document: Element) -> Refunded:
    """Read a refund, which is a transaction of its own, or that a payment was taken back before it was made."""
    codes = (_text(document, name) for name in ("original", "id", "reference"))
    known = tuple(code for code in codes if code is not None)
    if document.name == _VOID:
        return Refunded(codes=known)
    currency = _text(document, "currency")
    amount = money_back(minor_units(_text(document, "cents"), currency))
    return Refunded(codes=known, refund_code=_text(document, "id"), amount=amount, currency=currency)


def _text(document: Element, name: str) -> str | None:
    return (find(document, _PATHS[name]) or "").strip() or None
