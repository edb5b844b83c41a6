"""Purchases in the own API."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from leadyard.affiliates.model import LineItem, PurchaseState
from leadyard.affiliates.purchases.model import (
    Cancellation,
    Cancelled,
    Purchase,
    PurchaseChange,
    PurchaseFilters,
    PurchaseInput,
)
from leadyard.affiliates.purchases.service import Purchases
from leadyard.identity.model import Permission
from leadyard.kit.documents import merged, read
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH = "/purchases"
_ONE = f"{_PATH}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE
_EXAMPLE = {"email": "jo@example.com", "purchase_code": "ORDER-1", "amount": "80", "code": "ANN10"}
StatusName = Literal["pending", "approved", "cancelled"]


class PurchaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase; `commission_amount` sums its commissions that are not cancelled, `is_barred` says it pays nobody."""

    id: int
    purchase_code: str
    status: StatusName
    person_id: int
    email: str
    affiliate_id: int | None
    affiliate_email: str | None
    traffic_campaign_id: int | None
    touch_id: int | None
    plan_id: int
    plan_code: str
    amount: Decimal | None
    currency: str
    amount_override: Decimal | None
    commission_amount: Decimal
    line_items: tuple[LineItem, ...] | None
    description: str | None
    note: str | None
    referral_source: str | None
    used_code: str | None
    is_first: bool
    is_barred: bool
    cancellation: Cancelled | None
    created_at: datetime
    updated_at: datetime


class PurchasePatch(msgspec.Struct, frozen=True, kw_only=True):
    """What may change of a purchase; null clears a text."""

    amount: Decimal | None = None
    currency: str | None = None
    description: str | None = None
    note: str | None = None


def record_of(purchase: Purchase) -> PurchaseRecord:
    """Show a purchase."""
    names = [name for name in PurchaseRecord.__struct_fields__ if name != "status"]
    values: dict[str, Any] = {name: getattr(purchase, name) for name in names}
    return PurchaseRecord(**values, status=_NAMES[purchase.state])


_NAMES: Mapping[PurchaseState, StatusName] = {
    PurchaseState.PENDING: "pending",
    PurchaseState.APPROVED: "approved",
    PurchaseState.CANCELLED: "cancelled",
}


def section(purchases: Purchases) -> Section:
    """Make the section over the process's service."""
    ends = _Endpoints(purchases)
    return Section(
        "Purchases",
        "What customers of the affiliate programme bought. A purchase's code is unique: the same one again is the same "
        "purchase. Commissions are made with it, by its plan.",
        (
            Operation(
                method="GET", path=_PATH, id="listPurchases", summary="List purchases", handler=ends.search,
                permission=_LOOK, answer=PurchaseRecord, is_list=True,
                description="Newest first, cancelled ones included; each with its line items and who is credited.",
                parameters=(
                    Parameter("affiliate_id", int | None, "Only purchases credited to this affiliate."),
                    Parameter("person_id", int | None, "Only purchases of this person."),
                    Parameter("status", StatusName | None, "Only purchases with this status."),
                    *PAGING,
                ),
            ),
            Operation(
                method="POST", path=_PATH, id="recordPurchase", summary="Record a purchase", handler=ends.record,
                description="201 for a new one. A code that is known gives its purchase, 200; a new amount or new line "
                "items replace the old ones as long as nothing of it is paid or cancelled. An unknown plan is the default "
                "one, and `note` says so.",
                permission=_WRITE, status=201, other_status=200, body=PurchaseInput, answer=PurchaseRecord,
                example=_EXAMPLE,
            ),
            Operation(
                method="GET", path=_ONE, id="readPurchase", summary="Read a purchase", handler=ends.read,
                description="Amount, line items, coupon, plan, customer, affiliate, and why it waits or was "
                "cancelled.",
                permission=_LOOK, answer=PurchaseRecord,
            ),
            Operation(
                method="PATCH", path=_ONE, id="changePurchase", summary="Change a purchase", handler=ends.change,
                description="A changed amount or currency works unpaid commissions out anew, by the plan as it was when "
                "the purchase came; paid ones stay.",
                permission=_WRITE, body=PurchasePatch, is_patch=True, answer=PurchaseRecord,
            ),
            Operation(
                method="POST", path=f"{_ONE}/cancel", id="cancelPurchase", summary="Cancel a purchase",
                description="Cancels its unpaid commissions and takes paid ones back. With `effective_at` in the future "
                "what was earned stays, and monthly commissions end then. A second time changes nothing.",
                handler=ends.cancel, permission=_WRITE, body=Cancellation, answer=PurchaseRecord,
                example={"source": "refund"},
            ),
            Operation(
                method="POST", path=f"{_ONE}/approve", id="approvePurchase", summary="Approve a purchase",
                description="For one that came by the tracker and waits; any other stays as it is.",
                handler=ends.approve, permission=_WRITE, answer=PurchaseRecord,
            ),
            Operation(
                method="POST", path=f"{_ONE}/reject", id="rejectPurchase", summary="Reject a purchase",
                description="Cancels it with the source `rejected`: its unpaid commissions are cancelled, paid ones "
                "are taken back. A second time changes nothing.",
                handler=ends.reject, permission=_WRITE, answer=PurchaseRecord,
            ),
        ),
    )  # fmt: skip


class _Endpoints:
    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases

    async def search(self, call: Call) -> Answer:
        status = call.query["status"]
        filters = PurchaseFilters(
            affiliate_id=call.query["affiliate_id"],
            person_id=call.query["person_id"],
            state=None if status is None else PurchaseState[status.upper()],
        )
        limit, page = call.query["per_page"], call.query["page"]
        found = await self._purchases.page(call.account_id, filters, limit=limit, offset=(page - 1) * limit)
        total = await self._purchases.count(call.account_id, filters)
        return page_of(call, [record_of(one) for one in found], total)

    async def record(self, call: Call) -> Answer:
        purchase, is_new = await self._purchases.record(call.account_id, call.body)
        location = f"{_PATH}/{purchase.id}" if is_new else None
        return Answer(record_of(purchase), status=201 if is_new else 200, location=location)

    async def read(self, call: Call) -> Answer:
        return Answer(record_of(await self._purchases.read(call.account_id, call.id())))

    async def change(self, call: Call) -> Answer:
        wanted = read(merged({}, call.body), PurchasePatch)
        change = PurchaseChange(
            amount=UNSET if wanted.amount is None else wanted.amount,
            currency=UNSET if wanted.currency is None else wanted.currency,
            description=wanted.description if "description" in call.body else UNSET,
            note=wanted.note if "note" in call.body else UNSET,
        )
        return Answer(record_of(await self._purchases.change(call.account_id, call.id(), change)))

    async def cancel(self, call: Call) -> Answer:
        return Answer(record_of(await self._purchases.cancel(call.account_id, call.id(), call.body)))

    async def approve(self, call: Call) -> Answer:
        return Answer(record_of(await self._purchases.approve(call.account_id, call.id())))

    async def reject(self, call: Call) -> Answer:
        return Answer(record_of(await self._purchases.reject(call.account_id, call.id())))
