"""Reads what an event says of a person or a purchase: pure; raises InvalidInputError, for nothing is guessed."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from leadyard.affiliates.model import LineItem
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.people.model import Profile
from leadyard.tracking.claims import LONGEST_TEXT, cut
from leadyard.tracking.collector.model import Event
from leadyard.tracking.following import TrackedPurchase
from leadyard.tracking.model import Arrival

_email = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
_MOST_ITEMS = 1000
_PROFILE = Profile.__struct_fields__


def event_id_of(event: Event) -> UUID:
    """Give the browser's own id of an event, by which a repetition is known; the server's where there is none."""
    told = event.body.n
    if told is None:
        return event.id
    try:
        return UUID(told)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"leadyard:event:{event.body.t}:{told}")


def arrival_of(event: Event) -> Arrival:
    """Give the visit that an event tells of."""
    body = event.body
    return Arrival(
        url=body.u, referrer=body.r, page_affiliate=body.a, channel=body.ch, remote_ip=body.ip, agent=body.ua
    )


def email_of(event: Event) -> str | None:
    """Give the address that an event names."""
    data = event.body.d or {}
    told = event.body.e or data.get("email")
    if told is None or not str(told).strip():
        return None
    email = str(told).strip()
    if not _email(email) or len(email) > LONGEST_TEXT or not email.isprintable():
        raise InvalidInputError.of("email", "is not a valid email address")
    return email


def profile_of(event: Event) -> tuple[Profile, str | None]:
    """Give what an event tells of a person, cut to its limits, and the merchant's own status of them."""
    data = event.body.d or {}
    return Profile(**{name: _text(data.get(name)) for name in _PROFILE}), _text(data.get("custom_status"))


def purchase_of(event: Event) -> TrackedPurchase:
    """Give the purchase that an event tells of."""
    data = event.body.d or {}
    problems: list[FieldProblem] = []
    amount = _amount(data.get("purchase_amount"), "purchase_amount", problems)
    items = _items(data.get("line_items"), problems)
    if problems:
        raise InvalidInputError(problems)
    return TrackedPurchase(
        purchase_code=_text(data.get("purchase_code")) or str(event_id_of(event)),
        amount=amount,
        plan_code=_text(data.get("plan_code")) or _text(data.get("plan")),
        code=_text(data.get("code")),
        currency=_text(data.get("currency")),
        description=_text(data.get("description")),
        line_items=items,
    )


def _items(told: object, problems: list[FieldProblem]) -> tuple[LineItem, ...]:
    if told is None:
        return ()
    rows = told if isinstance(told, list) else [told]
    if len(rows) > _MOST_ITEMS or not all(isinstance(row, dict) for row in rows):
        problems.append(FieldProblem("line_items", "must be a list of objects"))
        return ()
    return tuple(_item(row, f"line_items[{place}]", problems) for place, row in enumerate(rows))


def _item(row: Mapping[str, Any], name: str, problems: list[FieldProblem]) -> LineItem:
    quantity = _amount(row.get("quantity"), f"{name}.quantity", problems)
    return LineItem(
        sku=_text(row.get("sku")),
        quantity=Decimal(1) if quantity is None else quantity,
        description=_text(row.get("description")),
        amount=_amount(row.get("amount"), f"{name}.amount", problems),
    )


def _amount(told: object, field: str, problems: list[FieldProblem]) -> Decimal | None:
    text = _text(told)
    if text is None:
        return None
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        problems.append(FieldProblem(field, "is not a number"))
        return None
    return amount


def _text(told: object) -> str | None:
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    if isinstance(told, float) and not math.isfinite(told):
        return None
    return cut(str(told), LONGEST_TEXT)
