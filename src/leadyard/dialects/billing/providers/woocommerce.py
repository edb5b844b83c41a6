"""WooCommerce's webhooks about orders (woocommerce.github.io, "REST API: orders")."""

from typing import Any

from leadyard.affiliates.model import LineItem
from leadyard.dialects.billing.model import BillingEvent, Customer, Message, Paid, Refunded, dig, money, word
from leadyard.dialects.billing.reading import json_object, tracking_of

_PAID = frozenset({"processing", "completed"})
_REFUNDED, _OFF = "refunded", frozenset({"cancelled", "failed", "trash"})


def read(message: Message) -> list[BillingEvent]:
    """Read an order; the call by which WooCommerce tries a new webhook tells of nothing. Raises UnreadableError."""
    if message.body.startswith(b"webhook_id="):
        return []
    order = json_object(message)
    code, status = word(order.get("id")), word(order.get("status"))
    if code is None:
        return []
    if status == _REFUNDED or status in _OFF:
        # An order that was called off before anything was paid may still be paid later.
        return [Refunded(codes=(code,), is_kept=status == _REFUNDED or bool(order.get("date_paid_gmt")))]
    return [*_refunds(order, code), _paid(order, code)] if status in _PAID else []


def _refunds(order: dict[str, Any], code: str) -> list[Refunded]:
    """Read what went back of an order that stands; each has an id and a total below zero."""
    listed, currency = order.get("refunds"), word(order.get("currency"))
    found = (
        (word(dig(one, "id")), money(dig(one, "total")))
        for one in (listed if isinstance(listed, list) else ())
    )
    return [
        Refunded(codes=(code,), refund_code=refund_code, amount=abs(amount), currency=currency)
        for refund_code, amount in found
        if refund_code is not None and amount
    ]


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
