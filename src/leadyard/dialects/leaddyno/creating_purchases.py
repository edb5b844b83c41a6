"""POST /purchases (docs/leaddyno.md, "Calls")."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from leadyard.affiliates.model import LineItem
from leadyard.affiliates.purchases.checks import MOST_ITEMS
from leadyard.affiliates.purchases.model import PurchaseInput
from leadyard.dialects.leaddyno.call import Answer, Call, created
from leadyard.dialects.leaddyno.params import LONGEST_NOTE, Params
from leadyard.dialects.leaddyno.purchases import purchase_shown

_ITEMS = "line_items"


async def create(call: Call) -> Answer:
    """POST /purchases; the same code again gives the same purchase."""
    params = call.params
    reassigns = params.boolean("reassign_affiliate")
    wanted = PurchaseInput(
        email=params.email("email", required=True) or "",
        purchase_code=params.text("purchase_code"),
        amount=params.amount("purchase_amount"),
        currency=params.currency(),
        plan_code=_either(params.word("plan_code"), params.word("plan")),
        amount_override=_either(
            params.amount("commission_amount_override"), params.amount("commission_amt_override")
        ),
        line_items=_items(params),
        code=params.word("code"),
        description=params.text("description", longest=LONGEST_NOTE),
        reassign_affiliate=True if reassigns is None else reassigns,
        tracking_code=params.word("tracking_code"),
    )
    with_items = params.boolean("include_line_items") or False
    params.finish()
    purchase, is_new = await call.services.purchases.record(call.account_id, wanted)
    return created(purchase_shown(purchase, with_items=with_items), is_new=is_new)


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first


def _items(params: Params) -> tuple[LineItem, ...] | None:
    """Read line items: an array of objects, or one object."""
    given = params.raw(_ITEMS)
    if given is None:
        return None
    items = [given] if isinstance(given, Mapping) else given
    if (
        not isinstance(items, list)
        or len(items) > MOST_ITEMS
        or not all(isinstance(i, Mapping) for i in items)
    ):
        params.wrong(_ITEMS)
        return None
    read = [_item(Params(item)) for item in items]
    if None in read:
        params.wrong(_ITEMS)
        return None
    return tuple(item for item in read if item is not None)


def _item(inner: Params) -> LineItem | None:
    quantity = inner.amount("quantity")
    read = LineItem(
        sku=inner.text("sku"),
        quantity=Decimal(1) if quantity is None else quantity,
        description=inner.text("description", longest=LONGEST_NOTE),
        amount=inner.amount("amount"),
    )
    return None if inner.problems else read
