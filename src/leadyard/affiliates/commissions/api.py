"""Commissions and exchange rates in the own API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.affiliates.commissions import exchange_rates
from leadyard.affiliates.commissions.exchange_rates import ExchangeRate
from leadyard.affiliates.commissions.model import CommissionFilters, CommissionRecord, CommissionStatus, Sum
from leadyard.affiliates.commissions.service import Commissions
from leadyard.identity.model import Permission
from leadyard.kit.paging import Page
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH = "/commissions"
_ONE = f"{_PATH}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE
_FILTERS = (
    Parameter("affiliate_id", int | None, "Only commissions of this affiliate."),
    Parameter("purchase_id", int | None, "Only commissions of this purchase."),
    Parameter("status", CommissionStatus | None, "Only commissions with this status."),
    Parameter("currency", str | None, "Only commissions in this currency."),
    Parameter("is_held", bool | None, "Only open ones that wait for a person's word, or that do not."),
)


class ManualCommission(msgspec.Struct, frozen=True, kw_only=True):
    """A commission made by hand; due at once unless a time is named."""

    affiliate_id: Annotated[int, Meta(ge=1)]
    amount: Decimal
    currency: str = "USD"
    note: str | None = None
    due_at: datetime | None = None


class PaidByHand(msgspec.Struct, frozen=True):
    """Whose commissions of which purchase were paid."""

    affiliate_id: Annotated[int, Meta(ge=1)]
    purchase_id: Annotated[int, Meta(ge=1)]


class Rejection(msgspec.Struct, frozen=True):
    """Why a commission is rejected."""

    note: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """Commissions by currency and status."""

    sums: list[Sum]


class PaidCommissions(msgspec.Struct, frozen=True):
    """All commissions of the affiliate for the purchase, as they are now."""

    commissions: list[CommissionRecord]


def section(commissions: Commissions) -> Section:
    """Make the section over the process's service."""
    ends = _Endpoints(commissions)
    return Section(
        "Commissions",
        "What affiliates earn. A commission is `pending` until its time has come and nobody has to look at it, its "
        "purchase or its affiliate any more; then `due`, then `paid`. Negative ones take paid ones back.",
        (
            Operation(
                method="GET", path=_PATH, id="listCommissions", summary="List commissions", handler=ends.search,
                permission=_LOOK, answer=CommissionRecord, is_list=True,
                description="Newest first, of every status; negative ones take back what was paid too soon.",
                parameters=(*_FILTERS, *PAGING),
            ),
            Operation(
                method="POST", path=_PATH, id="createCommission", summary="Make a commission by hand",
                description="Books an amount for an affiliate without any purchase, as a bonus or a correction: due "
                "at once, or at `due_at`. Each call makes another one. 404 for an unknown affiliate.",
                handler=ends.create, permission=_WRITE, status=201, body=ManualCommission, answer=CommissionRecord,
                example={"affiliate_id": 289, "amount": "42", "currency": "USD", "note": "bonus"},
            ),
            Operation(
                method="GET", path=f"{_PATH}/totals", id="sumCommissions", summary="Sum commissions up",
                handler=ends.totals, permission=_LOOK,
                description="Counts and sums by currency and status, over those that the filters let through.",
                parameters=_FILTERS, answer=Totals,
            ),
            Operation(
                method="POST", path=f"{_PATH}/mark-as-paid", id="markCommissionsAsPaid",
                summary="Mark a purchase's commissions as paid", handler=ends.mark_as_paid, permission=_WRITE,
                description="Pays what is due; what is pending, paid or negative stays. A second time pays nothing.",
                body=PaidByHand, answer=PaidCommissions, example={"affiliate_id": 289, "purchase_id": 233},
            ),
            Operation(
                method="GET", path=_ONE, id="readCommission", summary="Read a commission", handler=ends.read,
                description="Its amount, status and plan line, when it is due, why it waits, and the payout that "
                "paid it.",
                permission=_LOOK, answer=CommissionRecord,
            ),
            Operation(
                method="POST", path=f"{_ONE}/approve", id="approveCommission", summary="Approve a commission",
                description="For one whose line needs approval, or that is under review.", handler=ends.approve,
                permission=_WRITE, answer=CommissionRecord,
            ),
            Operation(
                method="POST", path=f"{_ONE}/reject", id="rejectCommission", summary="Reject a commission",
                description="Cancels one that is not paid; it is not made again.", handler=ends.reject,
                permission=_WRITE, body=Rejection, answer=CommissionRecord, example={"note": "agreed otherwise"},
            ),
            Operation(
                method="POST", path="/exchange-rates", id="putExchangeRate", summary="Enter an exchange rate",
                description="New, or instead of the one of that day. A percentage is paid in the plan's currency by the "
                "latest rate of the purchase's day, in the purchase's currency where there is none.",
                handler=_put_rate, permission=_WRITE, body=ExchangeRate, answer=ExchangeRate,
                example={"currency": "EUR", "to_currency": "USD", "day": "2026-03-01", "rate": "1.08"},
            ),
            Operation(
                method="GET", path="/exchange-rates", id="listExchangeRates", summary="List exchange rates",
                description="Those that were entered, by day, currency and what it is worth; the latest days first.",
                handler=_list_rates, permission=_LOOK, answer=ExchangeRate,
                is_list=True,
                parameters=(
                    Parameter("currency", str | None, "Only rates of this currency."),
                    Parameter("to_currency", str | None, "Only rates into this currency."),
                    *PAGING,
                ),
            ),
            Operation(
                method="DELETE", path="/exchange-rates/{currency}/{to_currency}/{day}", id="deleteExchangeRate",
                summary="Forget an exchange rate", handler=_delete_rate, permission=_WRITE, status=204,
                parts=(
                    Parameter("currency", str, "The currency."),
                    Parameter("to_currency", str, "The currency in which it is worth so much."),
                    Parameter("day", str, "The day, such as 2026-03-01."),
                ),
                description="From its day on the one before it counts again, for what is still to come or worked out "
                "anew; what was paid by it stays.",
            ),
        ),
    )  # fmt: skip


class _Endpoints:
    def __init__(self, commissions: Commissions) -> None:
        self._commissions = commissions

    async def search(self, call: Call) -> Answer:
        filters = _filters(call)
        limit, page = call.query["per_page"], call.query["page"]
        found = await self._commissions.page(call.account_id, filters, limit=limit, offset=(page - 1) * limit)
        return page_of(call, found, await self._commissions.count(call.account_id, filters))

    async def create(self, call: Call) -> Answer:
        body: ManualCommission = call.body
        made = await self._commissions.create_manual(
            call.account_id, body.affiliate_id, body.amount, currency=body.currency, note=body.note,
            due_at=body.due_at,
        )  # fmt: skip
        return Answer(made, location=f"{_PATH}/{made.id}")

    async def totals(self, call: Call) -> Answer:
        return Answer(Totals(await self._commissions.sums(call.account_id, _filters(call))))

    async def mark_as_paid(self, call: Call) -> Answer:
        body: PaidByHand = call.body
        paid = await self._commissions.mark_as_paid(call.account_id, body.affiliate_id, body.purchase_id)
        return Answer(PaidCommissions(paid))

    async def read(self, call: Call) -> Answer:
        return Answer(await self._commissions.read(call.account_id, call.id()))

    async def approve(self, call: Call) -> Answer:
        return Answer(await self._commissions.approve(call.account_id, call.id()))

    async def reject(self, call: Call) -> Answer:
        return Answer(await self._commissions.reject(call.account_id, call.id(), call.body.note))


async def _put_rate(call: Call) -> Answer:
    await exchange_rates.put(call.database, call.account_id, call.body)
    return Answer(call.body)


async def _list_rates(call: Call) -> Answer:
    limit = call.query["per_page"]
    found, total = await exchange_rates.search(
        call.database, call.account_id, Page(limit, (call.query["page"] - 1) * limit),
        currency=call.query["currency"], to_currency=call.query["to_currency"],
    )  # fmt: skip
    return page_of(call, found, total)


async def _delete_rate(call: Call) -> Answer:
    parts = (call.text(name) for name in ("currency", "to_currency", "day"))
    await exchange_rates.delete(call.database, call.actor, *parts)
    return Answer()


def _filters(call: Call) -> CommissionFilters:
    return CommissionFilters(**{parameter.name: call.query[parameter.name] for parameter in _FILTERS})
