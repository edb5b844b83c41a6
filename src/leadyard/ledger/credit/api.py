"""Buyers' credit in the own API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.identity.model import Permission
from leadyard.kit.money import from_micros
from leadyard.ledger.credit.model import Amount, CreditMode, Movement
from leadyard.ledger.credit.service import Credit, Standing
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
_PATH = "/buyers/{id}/credit"


class NewCredit(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer has paid; above 0, in the account's currency unless another is named."""

    amount: Amount
    currency: Currency | None = None
    invoice: Annotated[str, Meta(max_length=255)] = ""


class CreditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a buyer's credit stands.

    `spent` is what sales took, less what came back; `reserved` is held by leads on their way to the buyer. `left` is
    what was added, and a postpaid buyer's limit, less what was spent; `room` is what may still be sold now, null
    without a limit. `overdue` is what a postpaid buyer owes for longer than its terms allow.
    """

    buyer_id: int
    currency: str
    mode: CreditMode
    added: Decimal
    spent: Decimal
    reserved: Decimal
    left: Decimal
    room: Decimal | None
    overdue: Decimal


class MovementRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger entry that changed the credit: above 0 when it grew."""

    id: int
    at: datetime
    kind: str
    amount: Decimal
    currency: str
    lead_id: int | None
    memo: str


def section(credit: Credit) -> Section:
    """Make the section of buyers' credit."""

    async def add(call: Call) -> Answer:
        body: NewCredit = call.body
        standing = await credit.add(
            call.actor, call.id(), body.amount, currency=body.currency or "", invoice=body.invoice
        )
        return Answer(_record(standing))

    async def read(call: Call) -> Answer:
        currency = call.query["currency"] or ""
        return Answer(_record(await credit.standing(call.account_id, call.id(), currency=currency)))

    async def movements(call: Call) -> Answer:
        found, total = await credit.movements(call.account_id, call.id(), **call.paging)
        return page_of(call, [_movement(each) for each in found], total)

    return Section(
        "Buyers' credit",
        "What buyers have paid in advance or may owe. Each sale takes its price; the terms are the buyer's "
        "`settings.credit`.",
        (
            Operation(
                method="GET", path=_PATH, id="readCredit", summary="Read a buyer's credit", handler=read,
                description="What was added, what sales took and hold reserved, what is left, and what is overdue, "
                "in one currency.",
                permission=Permission.SETUP_READ, answer=CreditRecord,
                parameters=(Parameter("currency", Currency, "The account's currency unless another is asked for."),),
            ),
            Operation(
                method="POST", path=_PATH, id="addCredit", summary="Add to a buyer's credit", handler=add,
                description="Each call adds once more: a call that was not answered must be looked up among the "
                "movements before it is repeated.",
                permission=Permission.CREDIT_ADD, status=201, body=NewCredit, answer=CreditRecord,
                example={"amount": "500.00", "invoice": "2026-117"},
            ),
            Operation(
                method="GET", path=f"{_PATH}/movements", id="listCreditMovements",
                summary="List what changed a buyer's credit", handler=movements,
                description="Newest first: what was added, what each sale took, what came back.",
                permission=Permission.SETUP_READ, parameters=PAGING, answer=MovementRecord, is_list=True,
            ),
        ),
    )  # fmt: skip


def _record(standing: Standing) -> CreditRecord:
    return CreditRecord(
        buyer_id=standing.buyer_id,
        currency=standing.currency,
        mode=standing.mode,
        added=from_micros(standing.added),
        spent=from_micros(standing.spent),
        reserved=from_micros(standing.reserved),
        left=from_micros(standing.left),
        room=None if standing.room is None else from_micros(standing.room),
        overdue=from_micros(standing.overdue),
    )


def _movement(movement: Movement) -> MovementRecord:
    return MovementRecord(
        id=movement.id,
        at=movement.at,
        kind=movement.kind,
        amount=from_micros(movement.amount),
        currency=movement.currency,
        lead_id=movement.lead_id,
        memo=movement.memo,
    )
