"""WooCommerce's webhooks about orders (woocommerce.github.io, "REST API: orders")."""

from typing import Any

from leadyard.affiliates.model import LineItem
from leadyard.dialects.billing.model import BillingEvent, Customer, Message, Paid, Refunded, dig, money, word
from leadyard.dialects.billing.reading import json_object, tracking_of

_PAID = frozenset({"processing", "completed"})
_BACK = frozenset({"refunded", "cancelled", "failed", "trash"})


def read(message: Message) -> list[BillingEvent]:
    """Read an order; the call by which WooCommerce tries a new webhook tells of nothing. Raises UnreadableError."""
    if message.body.startswith(b"webhook_id="):
        return []
    order = json_object(message)
    code, status = word(order.get("id")), word(order.get("status"))
    if code is None:
        return []
    if status in _BACK:
        return [Refunded(codes=(code,))]
    return [_paid(order, code)] if status in _PAID else []


def _paid(order: dict[str, Any], code: str) -> Paid:
    items = order.get("line_items")
    return Paid(
        code=code, customer=Customer(word(dig(order, "billing", "email")), tracking_of(order.get("meta_data"))),
        amount=money(order.get("total")), currency=word(order.get("currency")),
        coupon=word(dig(order, "coupon_lines", 0, "code")),
        line_items=tuple(map(_item, items)) if isinstance(items, list) else None,
    )  # fmt: skip


def _item(item: Any) -> LineItem:
    quantity = money(dig(item, "quantity"))
    return LineItem(
        sku=word(dig(item, "sku")) or word(dig(item, "product_id")), description=word(dig(item, "name")),
        amount=money(dig(item, "price")), **({} if quantity is None else {"quantity": quantity}),
    )  # fmt: skip
