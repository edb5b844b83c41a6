"""Shopify's webhooks about orders and refunds (shopify.dev, "Webhook topics")."""

from typing import Any

from leadyard.affiliates.model import LineItem
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
from leadyard.dialects.billing.reading import json_object, tracking_of

_PAID = frozenset({"paid", "partially_refunded"})


def read(message: Message) -> list[BillingEvent]:
    """Read an order or a refund; raises UnreadableError."""
    document, topic = json_object(message), message.header("x-shopify-topic")
    code = word(document.get("order_id") if topic.startswith("refunds/") else document.get("id"))
    if code is None:
        return []
    status = word(document.get("financial_status"))
    if topic.startswith("refunds/"):
        # What is left of the order is told by the order's own message; a refund alone does not say.
        return []
    if document.get("cancelled_at") or status in {"refunded", "voided"}:
        return [Refunded(codes=(code,))]
    return [_paid(document, code)] if status in _PAID else []


def _paid(order: dict[str, Any], code: str) -> Paid:
    email = first_word(order.get("email"), order.get("contact_email"), dig(order, "customer", "email"))
    items = order.get("line_items")
    return Paid(
        code=code, customer=Customer(email, tracking_of(order.get("note_attributes"))),
        amount=money(order.get("current_total_price") or order.get("total_price")), currency=word(order.get("currency")),
        coupon=word(dig(order, "discount_codes", 0, "code")), description=word(order.get("name")),
        line_items=tuple(map(_item, items)) if isinstance(items, list) else None,
    )  # fmt: skip


def _item(item: Any) -> LineItem:
    quantity = money(dig(item, "quantity"))
    return LineItem(
        sku=first_word(dig(item, "sku"), dig(item, "variant_id")), description=word(dig(item, "name")),
        amount=money(dig(item, "price")), **({} if quantity is None else {"quantity": quantity}),
    )  # fmt: skip
