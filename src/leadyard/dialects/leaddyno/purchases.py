"""Reading, changing and cancelling purchases (docs/leaddyno.md, "Calls")."""

from typing import Any

from leadyard.affiliates.model import LineItem, PurchaseState
from leadyard.affiliates.purchases.model import Cancellation, Purchase, PurchaseChange, PurchaseFilters
from leadyard.dialects.leaddyno.affiliates import addressed
from leadyard.dialects.leaddyno.call import Answer, Call, Handler, NoMatchError, answer, count
from leadyard.dialects.leaddyno.leads import required_lead
from leadyard.dialects.leaddyno.params import BLANK, LONGEST_NOTE, Params
from leadyard.dialects.leaddyno.writing import Shown, coded, money, money_or_none, party, utc
from leadyard.kit.errors import NotFoundError
from leadyard.people import service as people


def purchase_shown(purchase: Purchase, *, with_items: bool = False) -> Shown:
    """Show a purchase."""
    shown = {
        "id": purchase.id,
        "created_at": utc(purchase.created_at),
        "updated_at": utc(purchase.updated_at),
        "cancelled": purchase.is_cancelled,
        "purchase_code": purchase.purchase_code,
        "note": purchase.note,
        "description": purchase.description,
        "purchase_amount": money_or_none(purchase.amount),
        "currency": purchase.currency,
        "commission_amount_override": money_or_none(purchase.amount_override),
        "commission_amount": money(purchase.commission_amount),
        "cancellation": _cancellation(purchase),
        "lead": party(purchase.person_id, purchase.email),
        "affiliate": party(purchase.affiliate_id, purchase.affiliate_email),
        "plan": coded(purchase.plan_id, purchase.plan_code),
        "referral_source": purchase.referral_source,
        "status": PurchaseState(purchase.state).name.lower(),
    }
    if with_items:
        shown["line_items"] = [_item(item) for item in purchase.line_items or ()]
    return shown


def _cancellation(purchase: Purchase) -> Shown | None:
    cancelled = purchase.cancellation
    if cancelled is None:
        return None
    return {
        "id": cancelled.id,
        "cancellation_code": cancelled.cancellation_code,
        "effective_date": utc(cancelled.effective_at),
        "source": cancelled.source,
    }


def _item(item: LineItem) -> Shown:
    return {
        "sku": item.sku,
        "description": item.description,
        "quantity": money(item.quantity),
        "amount": money_or_none(item.amount),
    }


def shown_as_asked(call: Call, purchase: Purchase) -> Answer:
    """Answer with a purchase, with its line items where they are asked for."""
    return answer(purchase_shown(purchase, with_items=_wants_items(call.params)))


def _wants_items(params: Params) -> bool:
    return params.boolean("include_line_items") or False


async def list_purchases(call: Call) -> Answer:
    """GET /purchases."""
    return await _list(call)


async def list_of_lead(call: Call) -> Answer:
    """GET /leads/{id}/purchases."""
    return await _list(call, person_id=(await required_lead(call)).id)


async def list_of_affiliate(call: Call) -> Answer:
    """GET /affiliates/{id}/purchases."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    return await _list(call, affiliate_id=affiliate.id)


async def _list(call: Call, *, person_id: int | None = None, affiliate_id: int | None = None) -> Answer:
    params = call.params
    bounds, page, with_items = params.created(), call.page(params), _wants_items(params)
    params.finish()
    filters = PurchaseFilters(
        person_id=person_id, affiliate_id=affiliate_id, since=bounds.since, before=bounds.before
    )
    found = await call.services.purchases.page(
        call.account_id, filters, limit=page.limit, offset=page.offset, newest_first=page.newest_first
    )
    return answer([purchase_shown(purchase, with_items=with_items) for purchase in found])


async def count_purchases(call: Call) -> Answer:
    """GET /purchases/count."""
    params = call.params
    bounds = params.created()
    params.finish()
    filters = PurchaseFilters(since=bounds.since, before=bounds.before)
    is_filtered = filters != PurchaseFilters()
    return count(await call.services.purchases.count(call.account_id, filters if is_filtered else None))


async def by_purchase_code(call: Call) -> Answer:
    """GET /purchases/by_purchase_code."""
    params = call.params
    code = params.text("purchase_code", required=True)
    _wants_items(params)
    params.finish()
    found = await call.services.purchases.find(call.account_id, code or "")
    if found is None:
        raise NoMatchError("Not found")
    return shown_as_asked(call, found)


async def read(call: Call) -> Answer:
    """GET /purchases/{id}."""
    params = call.params
    _wants_items(params)
    params.finish()
    return shown_as_asked(call, await call.services.purchases.read(call.account_id, call.id()))


async def update(call: Call) -> Answer:
    """PUT /purchases/{id}: what is not given stays; blank clears a text."""
    before = await call.services.purchases.read(call.account_id, call.id())
    params = call.params
    changes: dict[str, Any] = {}
    amount, currency = params.amount("purchase_amount"), params.currency()
    if amount is not None:
        changes["amount"] = amount
    if currency is not None:
        changes["currency"] = currency
    for name in ("description", "note"):
        if params.has(name):
            changes[name] = params.text(name, longest=LONGEST_NOTE)
    _wants_items(params)
    params.finish()
    changed = await call.services.purchases.change(call.account_id, before.id, PurchaseChange(**changes))
    return shown_as_asked(call, changed)


def _cancellation_of(params: Params) -> Cancellation:
    """Read how to cancel."""
    return Cancellation(
        source=params.text("source"),
        effective_at=params.moment("effective_date"),
        cancellation_code=params.text("cancellation_code"),
    )


async def cancel(call: Call) -> Answer:
    """DELETE /purchases/{id}."""
    before = await call.services.purchases.read(call.account_id, call.id())
    params = call.params
    wanted = _cancellation_of(params)
    params.finish()
    return shown_as_asked(call, await call.services.purchases.cancel(call.account_id, before.id, wanted))


async def cancel_all_of_lead(call: Call) -> Answer:
    """DELETE /leads/{id}/purchases."""
    person = await required_lead(call)
    params = call.params
    wanted = _cancellation_of(params)
    params.finish()
    found = await call.services.purchases.cancel_all_of(call.account_id, person.id, wanted)
    return answer([purchase_shown(purchase) for purchase in found])


async def cancel_found(call: Call) -> Answer:
    """DELETE /purchases: one by its code, or all of an e-mail address."""
    params = call.params
    code, email = params.text("purchase_code"), params.word("email")
    if not params.is_given("purchase_code") and not params.is_given("email"):
        params.wrong("purchase_code", BLANK)
    wanted = _cancellation_of(params)
    params.finish()
    if code is None:
        return await _cancel_all_of_address(call, email or "", wanted)
    found = await call.services.purchases.find(call.account_id, code)
    if found is None or not await _belongs(call, found, email):
        raise NotFoundError("Not found")
    return shown_as_asked(call, await call.services.purchases.cancel(call.account_id, found.id, wanted))


async def _belongs(call: Call, purchase: Purchase, email: str | None) -> bool:
    if email is None:
        return True
    async with call.database.connection() as connection:
        person = await people.find(connection, call.account_id, email=email)
    return person is not None and person.id == purchase.person_id


async def _cancel_all_of_address(call: Call, email: str, wanted: Cancellation) -> Answer:
    async with call.database.connection() as connection:
        person = await people.find(connection, call.account_id, email=email)
    if person is None:
        raise NotFoundError("Not found")
    found = await call.services.purchases.cancel_all_of(call.account_id, person.id, wanted)
    if not found:
        raise NotFoundError("Not found")
    return answer([purchase_shown(purchase) for purchase in found])


def deciding(action: str) -> Handler:
    """Make the handler of POST /purchases/{id}/approve or /reject."""

    async def decide(call: Call) -> Answer:
        purchases = call.services.purchases
        do = purchases.approve if action == "approve" else purchases.reject
        return shown_as_asked(call, await do(call.account_id, call.id()))

    return decide
