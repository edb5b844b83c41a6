"""What waits for a person's word, in the own API: signals of fraud, and events that could not be worked in."""

from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of
from leadyard.storage.database import Row
from leadyard.tracking.collector import setting_aside
from leadyard.tracking.collector import store as events
from leadyard.tracking.fraud import service
from leadyard.tracking.fraud import store as signals
from leadyard.tracking.fraud.model import Consequence, SignalState
from leadyard.tracking.records import EventRecord, Id, SignalRecord, event_record, signal_record

_PARTS = (Parameter("id", UUID, "The id of the event, a UUID."),)
_LOOK, _WRITE = Permission.LEADS_SEARCH, Permission.LEADS_UPDATE


class StateOfSignal(StrEnum):
    """Where a signal stands."""

    OPEN = "open"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"


class Decision(StrEnum):
    """What a person makes of a signal."""

    DISMISS = "dismiss"
    CONFIRM = "confirm"


class DecisionInput(msgspec.Struct, frozen=True):
    """A person's word on a signal; `commissions` says what becomes of the open commissions that it is about."""

    decision: Decision
    commissions: Consequence = Consequence.KEEP


class Decided(Protocol):
    """What follows from a decision in other rooms."""

    async def __call__(self, actor: Actor, signal: Row, state: SignalState, consequence: Consequence) -> None:
        """Do what the decision means for whom the signal is about; done twice it changes nothing more."""


_STATES = {Decision.DISMISS: SignalState.DISMISSED, Decision.CONFIRM: SignalState.CONFIRMED}


def sections(decided: Decided) -> tuple[Section, ...]:
    """Make the sections of what waits for a person's word."""

    async def decide(call: Call) -> Answer:
        state, consequence = _STATES[call.body.decision], call.body.commissions
        if consequence is not Consequence.KEEP and state is not SignalState.CONFIRMED:
            raise InvalidInputError.of("commissions", "goes with decision = confirm")
        async with call.database.connection() as connection:
            known = await signals.find(connection, call.account_id, call.id())
        if known is None:
            raise NotFoundError("There is no signal with this id.")
        await decided(call.actor, known, state, consequence)
        return Answer(signal_record(await service.decide(call.database, call.actor, call.id(), state)))

    return (
        Section(
            "Fraud signals",
            "What looked wrong: crowds of visitors from one network or from data centres, throw-away addresses, "
            "affiliates' own addresses and browsers, purchases by affiliates themselves, and wishes of pages to cancel. "
            "Nothing was refused; a person decides.",
            (
                Operation(
                    method="GET", path="/fraud-signals", id="listFraudSignals", summary="List fraud signals",
                    description="Newest first, decided ones included; `state=open` are those that wait for a person.",
                    handler=_list_signals, permission=_LOOK, answer=SignalRecord,
                    is_list=True,
                    parameters=(
                        Parameter("state", StateOfSignal, "Only signals in this state."),
                        Parameter("kind", str, "Only signals of this kind."),
                        Parameter("affiliate_id", Id, "Only signals about this affiliate."),
                        *PAGING,
                    ),
                ),
                Operation(
                    method="POST", path="/fraud-signals/{id}/decide", id="decideFraudSignal",
                    summary="Decide about a signal", handler=decide, permission=_WRITE, body=DecisionInput,
                    description="A confirmed wish of a page to cancel cancels what the person had bought by then. "
                    "With `commissions` a confirmed signal also holds (`hold`) or cancels for good (`reject`) the open "
                    "commissions that it is about: those of its purchase, else of its person on every level, else of its "
                    "affiliate. What is paid or on its way in a payout stays. Held ones are approved or rejected by calls "
                    "of their own, as purchases are rejected and affiliates archived.",
                    answer=SignalRecord, example={"decision": "confirm", "commissions": "hold"},
                ),
            ),
        ),
        Section(
            "Tracker events",
            "Events of the tracker that could not be worked in, each with the reason.",
            (
                Operation(
                    method="GET", path="/tracker-events", id="listTrackerEvents", summary="List events set aside",
                    description="Latest first: events that were taken in and could not be worked in, each with its "
                    "reason and what it held.",
                    handler=_list_events, permission=_LOOK, answer=EventRecord,
                    is_list=True, parameters=PAGING,
                ),
                Operation(
                    method="POST", path="/tracker-events/{id}/retry", parts=_PARTS, id="retryTrackerEvent",
                    summary="Try an event again",
                    description="It is worked in as soon as the worker comes to it; when that fails again it is "
                    "back in the list with the new reason.",
                    handler=_retry, status=204,
                    permission=_WRITE,
                ),
                Operation(
                    method="DELETE", path="/tracker-events/{id}", parts=_PARTS, id="deleteTrackerEvent",
                    summary="Throw an event away",
                    description="Forgets the event for good: what it told of (a visit, a lead, a purchase) will "
                    "never count.",
                    handler=_throw_away, permission=_WRITE, status=204,
                ),
            ),
        ),
    )  # fmt: skip


async def _list_signals(call: Call) -> Answer:
    state = call.query["state"]
    number = None if state is None else int(SignalState[state.name])
    limit = call.query["per_page"]
    async with call.database.connection() as connection:
        rows, total = await signals.page(
            connection, call.account_id, number, call.query["kind"], call.query["affiliate_id"],
            limit=limit, offset=(call.query["page"] - 1) * limit,
        )  # fmt: skip
    return page_of(call, [signal_record(row) for row in rows], total)


async def _list_events(call: Call) -> Answer:
    limit = call.query["per_page"]
    async with call.database.connection() as connection:
        found, total = await events.problems(
            connection, call.account_id, limit=limit, offset=(call.query["page"] - 1) * limit
        )
    return page_of(call, [event_record(problem) for problem in found], total)


async def _retry(call: Call) -> Answer:
    await setting_aside.retry(call.database, call.account_id, _event_id(call))
    return Answer()


async def _throw_away(call: Call) -> Answer:
    await setting_aside.throw_away(call.database, call.account_id, _event_id(call))
    return Answer()


def _event_id(call: Call) -> UUID:
    event_id: UUID = call.path["id"]
    return event_id
