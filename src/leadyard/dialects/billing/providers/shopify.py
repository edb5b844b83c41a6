"""Shopify's webhooks about orders and refunds (shopify.dev, "Webhook topics")."""

from collections.abc import Iterator
from decimal import Decimal
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
    if topic.startswith("refunds/"):
        code = word(document.get("order_id"))
        return [] if code is None else list(_refunds([document], code, None))
    code, status = word(document.get("id")), word(document.get("financial_status"))
    if code is None:
        return []
    if document.get("cancelled_at") or status in {"refunded", "voided"}:
        return [Refunded(codes=(code,))]
    if status not in _PAID:
        return []
    refunds = list(_refunds(document.get("refunds"), code, word(document.get("currency"))))
    return [
        *refunds,
        _paid(document, code, sum((refund.amount or Decimal(0) for refund in refunds), Decimal(0))),
    ]


def _refunds(listed: Any, code: str, currency: str | None) -> Iterator[Refunded]:
    """Read what each refund gave back: the sum of its transactions that went through, if that is anything."""
    for refund in listed if isinstance(listed, list) else ():
        refund_code, made = word(dig(refund, "id")), dig(refund, "transactions")
        amounts = (
            money(dig(one, "amount")) or Decimal(0)
            for one in (made if isinstance(made, list) else ())
            if dig(one, "kind") == "refund" and dig(one, "status") in {"success", None}
        )
        back = abs(sum(amounts, Decimal(0)))
        if refund_code is not None and back:
            yield Refunded(codes=(code,), refund_code=refund_code, amount=back, currency=currency)


def _paid(order: dict[str, Any], code: str, back: Decimal) -> Paid:
    email = first_word(order.get("email"), order.get("contact_email"), dig(order, "customer", "email"))
    items = order.get("line_items")
    return Paid(
        code=code, customer=Customer(email, tracking_of(order.get("note_attributes"))),
        amount=_gross(order, back), currency=word(order.get("currency")),
        coupon=word(dig(order, "discount_codes", 0, "code")), description=word(order.get("name")),
        line_items=tuple(map(_item, items)) if isinstance(items, list) else None,
    )  # fmt: skip


def _gross(order: dict[str, Any], back: Decimal) -> Decimal | None:
    """Give what was paid before anything went back: the current price follows changes of the order, and refunds too."""
    now, at_first = money(order.get("current_total_price")), money(order.get("total_price"))
    if now is None or now == at_first:
        return at_first
    return now + back


def _item(item: Any) -> LineItem:
    quantity = money(dig(item, "quantity"))
    return LineItem(
        sku=first_word(dig(item, "sku"), dig(item, "variant_id")), description=word(dig(item, "name")),
        amount=money(dig(item, "price")), **({} if quantity is None else {"quantity": quantity}),
    )  # fmt: skip
