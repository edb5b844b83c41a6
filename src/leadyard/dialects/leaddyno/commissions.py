"""Commissions (docs/leaddyno.md, "Calls")."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions.model import CommissionFilters, CommissionRecord, CommissionStatus, Sum
from leadyard.dialects.leaddyno.affiliates import addressed
from leadyard.dialects.leaddyno.call import CREATED, Answer, Call, answer
from leadyard.dialects.leaddyno.params import LONGEST_NOTE, Params
from leadyard.dialects.leaddyno.writing import Shown, coded, money, party, utc
from leadyard.kit.errors import NotFoundError

_MANUAL_CURRENCY = "USD"
_LIVE = (CommissionStatus.PENDING, CommissionStatus.DUE, CommissionStatus.PAID)


def _shown(commission: CommissionRecord, zone: ZoneInfo) -> Shown:
    purchase = None
    if commission.purchase_id is not None:
        purchase = {"id": commission.purchase_id, "purchase_code": commission.purchase_code}
    return {
        "id": commission.id,
        "date": commission.created_at.astimezone(zone).date().isoformat(),
        "amount": money(commission.amount),
        "currency": commission.currency,
        "cancelled": commission.status is CommissionStatus.CANCELLED,
        "note": commission.note,
        "paid": commission.status is CommissionStatus.PAID,
        "purchase": purchase,
        "created_at": utc(commission.created_at),
        "due_at": utc(commission.due_at),
        "affiliate": party(commission.affiliate_id, commission.affiliate_email),
        "status": commission.status.value,
        "level": commission.level,
        "plan": coded(commission.plan_id, commission.plan_code),
        "reason": commission.reason,
    }


async def _show(call: Call, found: Sequence[CommissionRecord]) -> list[Shown]:
    setup = await call.services.configuration.setup(call.account_id)
    zone = ZoneInfo(setup.account.time_zone)
    return [_shown(commission, zone) for commission in found]


async def _page(call: Call, params: Params, filters: CommissionFilters) -> list[Shown]:
    """Give the page that is asked for; whatever is wrong with the parameters has been told before."""
    page = call.page(params)
    found = await call.services.commissions.page(
        call.account_id, filters, limit=page.limit, offset=page.offset, newest_first=page.newest_first
    )
    return await _show(call, found)


def _status(params: Params) -> CommissionStatus | None:
    word = params.word("status")
    if word is None:
        return None
    try:
        return CommissionStatus(word.lower())
    except ValueError:
        params.wrong("status")
        return None


def _bounds(params: Params) -> dict[str, Any]:
    created = params.created()
    return {"since": created.since, "before": created.before}


async def list_commissions(call: Call) -> Answer:
    """GET /commissions."""
    params = call.params
    filters = CommissionFilters(
        affiliate_id=params.whole("affiliate_id"),
        status=_status(params),
        currency=params.currency(),
        **_bounds(params),
    )
    params.finish()
    if (filters.affiliate_id or 0) > 2**63 - 1:
        filters = msgspec.structs.replace(filters, affiliate_id=0)
    page = call.page(params)
    shown = await _page(call, params, filters)
    return answer(
        {
            "commissions": shown,
            "page": page.offset // page.limit + 1,
            "per_page": page.limit,
            "total_entries": await call.services.commissions.count(call.account_id, filters),
        }
    )


async def list_of_affiliate(call: Call) -> Answer:
    """GET /affiliates/{id}/commissions."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    params = call.params
    filters = CommissionFilters(affiliate_id=affiliate.id, status=_status(params), **_bounds(params))
    params.finish()
    return answer(await _page(call, params, filters))


async def list_of_purchase(call: Call) -> Answer:
    """GET /purchases/{id}/commissions."""
    purchase = await call.services.purchases.read(call.account_id, call.id())
    params = call.params
    filters = CommissionFilters(purchase_id=purchase.id, status=_status(params), **_bounds(params))
    params.finish()
    return answer(await _page(call, params, filters))


async def create(call: Call) -> Answer:
    """POST /affiliates/{id}/commissions."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    params = call.params
    amount = params.amount("amount", required=True)
    if amount is not None and amount == 0:
        params.wrong("amount")
    currency, note = params.currency(), params.text("note", longest=LONGEST_NOTE)
    due_at = params.moment("due_at")
    params.finish()
    made = await call.services.commissions.create_manual(
        call.account_id, affiliate.id, amount or Decimal(0), currency=currency or _MANUAL_CURRENCY,
        note=note, due_at=due_at,
    )  # fmt: skip
    return answer((await _show(call, [made]))[0], CREATED)


async def total_of_affiliate(call: Call) -> Answer:
    """GET /affiliates/{id}/commissions_total."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    params = call.params
    currency = params.currency() or call.program.currency
    params.finish()
    filters = CommissionFilters(affiliate_id=affiliate.id, currency=currency)
    sums = await call.services.commissions.sums(call.account_id, filters)
    parts = {status.value: money(_amount(sums, [status])) for status in _LIVE}
    return answer({"currency": currency, **parts, "total": money(_amount(sums, _LIVE))})


async def totals(call: Call) -> Answer:
    """GET /commissions/totals."""
    params = call.params
    affiliate_id = params.whole("affiliate_id")
    currency = params.currency() or call.program.currency
    params.finish()
    if affiliate_id is not None:
        affiliate_id = min(affiliate_id, 2**63 - 1)
    filters = CommissionFilters(affiliate_id=affiliate_id, currency=currency)
    sums = await call.services.commissions.sums(call.account_id, filters)
    due, paid = [CommissionStatus.DUE], [CommissionStatus.PAID]
    return answer(
        {
            "total_count": _count(sums, _LIVE),
            "total_cost": money(_amount(sums, _LIVE)),
            "total_due_count": _count(sums, due),
            "total_due_cost": money(_amount(sums, due)),
            "total_paid_count": _count(sums, paid),
            "total_paid_cost": money(_amount(sums, paid)),
            "total_cancelled_count": _count(sums, [CommissionStatus.CANCELLED]),
            "currency": currency,
        }
    )


def _amount(sums: Sequence[Sum], statuses: Collection[CommissionStatus]) -> Decimal:
    return sum((one.amount for one in sums if one.status in statuses), Decimal(0))


def _count(sums: Sequence[Sum], statuses: Collection[CommissionStatus]) -> int:
    return sum(one.count for one in sums if one.status in statuses)


async def mark_as_paid(call: Call) -> Answer:
    """POST /commissions/mark_as_paid."""
    params = call.params
    email = params.word("affiliate_email", required=True)
    code = params.text("purchase_code", required=True)
    params.finish()
    async with call.database.connection() as connection:
        affiliate = await affiliates.by_email(connection, call.account_id, email or "")
    purchase = await call.services.purchases.find(call.account_id, code or "")
    if affiliate is None or purchase is None:
        raise NotFoundError("Not found")
    found = await call.services.commissions.mark_as_paid(call.account_id, affiliate.id, purchase.id)
    return answer(await _show(call, found))
