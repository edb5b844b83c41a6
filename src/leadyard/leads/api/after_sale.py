"""Returns, assignment by hand and feedback in the own API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leadyard.identity.model import Permission
from leadyard.kit.errors import ConflictError, InvalidInputError, NotFoundError
from leadyard.kit.money import from_micros
from leadyard.leads.after_sale.model import (
    DELIVERY_UNKNOWN,
    OTHER_CAMPAIGN,
    REASON_UNKNOWN,
    Ask,
    Feedback,
    LeadReturn,
    ReturnState,
)
from leadyard.leads.after_sale.service import LONGEST_FEEDBACK, LONGEST_NOTES, AfterSale
from leadyard.leads.api.inputs import Id
from leadyard.leads.api.leads import NO_SUCH_LEAD, settled
from leadyard.leads.service import Leads
from leadyard.own_api.operation import Answer, Call, Operation, PageSize, Parameter, Section

StateWord = Literal["Pending", "Returned", "Refused"]
_ONE = "/leads/{id}"


class NewReturn(msgspec.Struct, frozen=True):
    """Who gives the lead back and why; a Buyer key names no buyer. The key says what becomes of the payout, unless told."""

    reason: Annotated[str, Meta(min_length=1, max_length=32)]
    buyer_id: Id | None = None
    reverse_payout: bool | None = None


class ReturnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A return that was asked for; the amounts are what was reversed."""

    id: int
    lead_id: int
    buyer_id: int
    delivery_id: int
    reason: str
    state: StateWord
    reverse_payout: bool
    revenue: Decimal
    payout: Decimal
    currency: str
    received_at: datetime
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None


class ReturnPage(msgspec.Struct, frozen=True):
    """Returns by falling id; `next_before` is the `before` of the next page, null on the last one."""

    items: list[ReturnRecord]
    next_before: int | None


class ReturnReasonList(msgspec.Struct, frozen=True):
    """The reasons that may be used, code to label."""

    reasons: dict[str, str]


class NewAssignment(msgspec.Struct, frozen=True):
    """The delivery whose buyer gets the lead; `webhooks` false keeps it from webhooks."""

    delivery_id: Id
    webhooks: bool = True


class NewFeedback(msgspec.Struct, frozen=True):
    """What is said of a lead; without a buyer it is our own people's, which buyers never see."""

    feedback: Annotated[str, Meta(min_length=1, max_length=LONGEST_FEEDBACK, pattern=r"\S")]
    notes: Annotated[str, Meta(max_length=LONGEST_NOTES)] = ""
    buyer_id: Id | None = None
    overwrite: bool = True


class FeedbackRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a lead; no buyer means our own people."""

    at: datetime
    buyer_id: int | None
    feedback: str
    notes: str
    actor: str


class FeedbackList(msgspec.Struct, frozen=True):
    """Everything that was said of a lead, oldest first."""

    items: list[FeedbackRecord]


class Handlers:
    """What the operations on sold leads do."""

    def __init__(self, leads: Leads, after_sale: AfterSale) -> None:
        """Answer by this process's use cases."""
        self._leads = leads
        self._after_sale = after_sale

    async def give_back(self, call: Call) -> Answer:
        """Return a lead, or queue its return."""
        body: NewReturn = call.body
        settings = call.principal.key.settings.lead_return
        buyer_id = call.principal.key.buyer_id or settings.buyer_id or body.buyer_id
        if buyer_id is None:
            raise InvalidInputError.of("buyer_id", "is required")
        reverse = settings.reverse_payout
        if body.reverse_payout is not None and call.principal.key.buyer_id is None:
            reverse = body.reverse_payout
        lead_id = call.id()
        ask = Ask(buyer_id, body.reason, reverse)
        done = await self._after_sale.return_leads(call.principal, [lead_id], ask)
        if done[lead_id] == REASON_UNKNOWN:
            raise InvalidInputError.of("reason", "is not one of the account's return reasons")
        settled(done[lead_id], "sale_status")
        newest = await self._after_sale.returns(call.principal, buyer_id=buyer_id, lead_id=lead_id, most=1)
        return Answer(_returned(newest[0]))

    async def returns(self, call: Call) -> Answer:
        """List returns."""
        word, most = call.query["state"], call.query["per_page"]
        found = await self._after_sale.returns(
            call.principal,
            state=None if word is None else ReturnState[word.upper()],
            buyer_id=call.query["buyer_id"],
            lead_id=call.query["lead_id"],
            before_id=call.query["before"],
            most=most,
        )
        return Answer(ReturnPage(list(map(_returned, found)), found[-1].id if len(found) == most else None))

    async def reasons(self, call: Call) -> Answer:
        """List the reasons that may be used."""
        return Answer(ReturnReasonList(await self._after_sale.reasons(call.account_id)))

    async def read_return(self, call: Call) -> Answer:
        """Show a return."""
        return Answer(_returned(await self._after_sale.read_return(call.principal, call.id())))

    async def approve(self, call: Call) -> Answer:
        """Make a queued return."""
        _decided(await self._after_sale.approve_return(call.principal, call.id()))
        return await self.read_return(call)

    async def refuse(self, call: Call) -> Answer:
        """Refuse a queued return."""
        _decided(await self._after_sale.refuse_return(call.principal, call.id()))
        return await self.read_return(call)

    async def assign(self, call: Call) -> Answer:
        """Give a lead to a buyer by hand."""
        body: NewAssignment = call.body
        lead_id = call.id()
        done = await self._after_sale.assign(call.principal, [lead_id], body.delivery_id, tell=body.webhooks)
        if done[lead_id] in {DELIVERY_UNKNOWN, OTHER_CAMPAIGN}:
            raise InvalidInputError.of("delivery_id", "is not a delivery of the lead's campaign")
        settled(done[lead_id], "delivery_id")
        return Answer()

    async def comment(self, call: Call) -> Answer:
        """Keep what is said of a lead."""
        body: NewFeedback = call.body
        lead_id = call.id()
        done = await self._after_sale.give_feedback(
            call.principal,
            [lead_id],
            call.principal.key.buyer_id or body.buyer_id,
            body.feedback,
            body.notes,
            overwrite=body.overwrite,
        )
        settled(done[lead_id], "feedback")
        return await self.comments(call)

    async def comments(self, call: Call) -> Answer:
        """Show what was said of a lead."""
        lead_id, own = call.id(), call.principal.key.buyer_id
        if not await self._leads.read(call.account_id, [lead_id], buyer_id=own):
            raise NotFoundError(NO_SUCH_LEAD)
        said = await self._after_sale.feedback(call.principal, [lead_id], internal=own is None)
        return Answer(FeedbackList(list(map(_said, said.get(lead_id, [])))))


def _returned(one: LeadReturn) -> ReturnRecord:
    members = msgspec.structs.asdict(one)
    return ReturnRecord(
        **{
            **members,
            "state": one.state.name.title(),
            "revenue": from_micros(one.revenue),
            "payout": from_micros(one.payout),
        }
    )


def _said(one: Feedback) -> FeedbackRecord:
    return FeedbackRecord(
        at=one.at, buyer_id=one.buyer_id or None, feedback=one.feedback, notes=one.notes, actor=one.actor
    )


def _decided(reason: str) -> None:
    if reason:
        raise ConflictError("state", f"cannot be changed: {reason}")


def section(leads: Leads, after_sale: AfterSale) -> Section:
    """Make the section of what follows a sale."""
    do = Handlers(leads, after_sale)
    return Section(
        "After the sale",
        "Leads that buyers give back, that are given to a buyer by hand, and what is said of them.",
        (*_returns(do), *_by_hand(do)),
    )


def _returns(do: Handlers) -> tuple[Operation, ...]:
    one, give, decide = "/returns/{id}", Permission.LEADS_RETURN, Permission.LEADS_FINANCIALS
    return (
        Operation(
            method="POST", path=f"{_ONE}/return", id="returnLead", summary="Return a sold lead",
            description="At once, or after approval where the buyer or the delivery wants it: see `state`.",
            handler=do.give_back, permission=give, body=NewReturn, answer=ReturnRecord,
            example={"buyer_id": 5, "reason": "DNCC"},
        ),
        Operation(
            method="GET", path="/returns", id="listReturns", summary="List returns",
            description="By falling id; `state=Pending` are those that wait for approval. The key of a buyer sees "
            "its own.",
            handler=do.returns, permission=give, answer=ReturnPage,
            parameters=(
                Parameter("state", StateWord, "Only returns that stand so; Pending is the operator's queue."),
                Parameter("buyer_id", Id, "Only returns of this buyer."),
                Parameter("lead_id", Id, "Only returns of this lead."),
                Parameter("before", Id, "Only returns with a smaller id."),
                Parameter("per_page", PageSize, "How many returns on a page.", 50),
            ),
        ),
        Operation(
            method="GET", path="/returns/reasons", id="listUsableReturnReasons",
            summary="List the reasons that may be used", handler=do.reasons, permission=give,
            description="Code and label of each: the usual ones and the account's own, without those that are "
            "switched off.",
            answer=ReturnReasonList,
        ),
        Operation(
            method="GET", path=one, id="readReturn", summary="Read a return", handler=do.read_return,
            description="Its state, who asked and decided, and the amounts that were reversed. The key of a buyer "
            "sees its own.",
            permission=give, answer=ReturnRecord,
        ),
        Operation(
            method="POST", path=f"{one}/approve", id="approveReturn", summary="Make a return that waits",
            description="Takes the lead back from its buyer and reverses what was booked, whatever the limits on "
            "returns say. Refused with 409 when somebody has decided already or the sale is gone.",
            handler=do.approve, permission=decide, answer=ReturnRecord,
        ),
        Operation(
            method="POST", path=f"{one}/refuse", id="refuseReturn", summary="Refuse a return that waits",
            description="The buyer keeps the lead and owes its price; nothing is booked. Refused with 409 when "
            "somebody has decided already.",
            handler=do.refuse, permission=decide, answer=ReturnRecord,
        ),
    )  # fmt: skip


def _by_hand(do: Handlers) -> tuple[Operation, ...]:
    say = Permission.LEADS_FEEDBACK
    return (
        Operation(
            method="POST", path=f"{_ONE}/assign", id="assignLead", summary="Give a lead to a buyer by hand",
            description="Sold at the delivery's revenue without being sent; whoever had it before is charged nothing "
            "for it. Caps count it but do not refuse it.",
            handler=do.assign, permission=Permission.DELIVERIES_UPDATE, status=204, body=NewAssignment,
            example={"delivery_id": 1054},
        ),
        Operation(
            method="PUT", path=f"{_ONE}/feedback", id="giveFeedback", summary="Say something of a lead",
            description="In place of what the same buyer said before, unless `overwrite` is false.",
            handler=do.comment, permission=say, body=NewFeedback, answer=FeedbackList,
            example={"buyer_id": 5, "feedback": "Converted", "notes": "Signed on the phone"},
        ),
        Operation(
            method="GET", path=f"{_ONE}/feedback", id="readFeedback", summary="Read what was said of a lead",
            description="Everything that was said, oldest first. The key of a buyer sees what that buyer said; our "
            "own people's words are hidden from it.",
            handler=do.comments, permission=say, answer=FeedbackList,
        ),
    )  # fmt: skip
