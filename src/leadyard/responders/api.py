"""Responders in the own API."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.inputs import Id
from leadyard.campaigns.model import Status
from leadyard.identity.model import Permission
from leadyard.kit.money import from_micros
from leadyard.ledger.service import Ledger
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of
from leadyard.reports.api import PARAMETERS, request_of
from leadyard.responders import following, suppressing
from leadyard.responders.inputs import (
    MessageRecord,
    MessageReport,
    MessageSalesRow,
    ReceiptInput,
    Suppression,
    SuppressionInput,
    TriggerInput,
    TriggerResult,
)
from leadyard.responders.model import Medium, MessageState, PushType
from leadyard.responders.reporting import MessageReportRow, list_messages, message_report
from leadyard.responders.service import responders, trigger
from leadyard.storage.database import Row

_PARTS = (
    Parameter("type", PushType, "What the address is written to by."),
    Parameter("address", Annotated[str, Meta(min_length=3, max_length=254)], "The e-mail address or number."),
)
EXAMPLE = {
    "name": "Welcome",
    "campaign_id": 9,
    "settings": {"trigger": "valid", "pause_from": "21:00", "pause_to": "08:00"},
    "pushes": [
        {
            "name": "Thank you",
            "type": "Email",
            "delay_seconds": 600,
            "subject": "Thank you, {{ firstname }}",
            "html": '<p>Hello {{ firstname }}.</p><p><a href="{{ unsubscribe }}">Unsubscribe</a></p>',
            "advertiser": {"id": "7", "name": "Sunrise"},
            "cost": "0.001",
            "revenue": "5.00",
        }
    ],
}


def section(ledger: Ledger) -> Section:
    """Make the section over the ledger that conversions are booked in."""

    async def event(call: Call) -> Answer:
        row = await following.report_event(call.database, ledger, call.account_id, call.id(), call.body.event)
        return Answer(_message(row))

    return Section(
        "Responders",
        "A responder writes e-mails and text messages to the leads of a campaign: when they are valid, sold or unsold, "
        "or by hand. Nobody who has unsubscribed is written to.",
        (
            *operations_of(
                responders,
                "/responders",
                plural="responders", creating="It writes to leads that come from now on, as soon as it is active.",
                status=Status,
                filters=(Parameter("campaign_id", Id, "Only responders of this campaign."),),
                example=EXAMPLE,
            ),
            Operation(
                method="POST", path="/responders/{id}/trigger", id="triggerResponder", summary="Write to a lead",
                description="Queues the responder's active pushes, or one push, for a valid lead; each call anew.",
                handler=_trigger, permission=Permission.RESPONDERS_TRIGGER, body=TriggerInput, answer=TriggerResult,
                example={"lead_id": 1234},
            ),
            Operation(
                method="GET", path="/messages", id="listMessages", summary="List messages", handler=_messages,
                permission=Permission.RESPONDERS_READ, answer=MessageRecord, is_list=True,
                description="Newest first: e-mails and text messages of responders, each with its state, its cost "
                "and what followed.",
                parameters=(
                    Parameter("responder_id", Id, "Only messages of this responder."),
                    Parameter("lead_id", Id, "Only messages to this lead."),
                    *PAGING,
                ),
            ),
            Operation(
                method="POST", path="/messages/{id}/events", id="reportMessageEvent", summary="Report on a message",
                description="What a provider or an advertiser says: delivered, bounced, or a conversion, each of which "
                "earns the push's revenue.",
                handler=event, permission=Permission.RESPONDERS_TRIGGER, body=ReceiptInput, answer=MessageRecord,
                example={"event": "conversion"},
            ),
            Operation(
                method="GET", path="/reports/messages", id="reportMessages", summary="Report on messages",
                description="E-mails or text messages of each campaign, responder, supplier and push, by the time at "
                "which their leads were received.",
                handler=_report, permission=Permission.REPORTS, answer=MessageReport,
                parameters=(
                    *PARAMETERS,
                    Parameter("type", PushType, "Email or SMS.", PushType.EMAIL),
                    Parameter("responder_id", Id, "Only messages of this responder."),
                ),
            ),
            Operation(
                method="GET", path="/suppressions", id="listSuppressions", summary="List suppressed addresses",
                description="In order of address: e-mail addresses and numbers that responders write to no more, "
                "and who said so.",
                handler=_suppressions, permission=Permission.RESPONDERS_READ, parameters=PAGING, answer=Suppression,
                is_list=True,
            ),
            Operation(
                method="POST", path="/suppressions", id="createSuppression", summary="Suppress an address",
                description="An address is kept in lower case, a number with its country code.", handler=_suppress,
                permission=Permission.SETUP_WRITE, status=201, body=SuppressionInput, answer=Suppression,
                example={"type": "Email", "address": "ann@example.com"},
            ),
            Operation(
                method="DELETE", path="/suppressions/{type}/{address}", parts=_PARTS, id="deleteSuppression",
                summary="Let an address be written to again", handler=_unsuppress, permission=Permission.SETUP_WRITE,
                description="Responders write to it again from now on; what was left unsent stays so. Write the "
                "address as the list shows it. 404 when it is not on the list.",
                status=204,
            ),
        ),
    )  # fmt: skip


async def _trigger(call: Call) -> Answer:
    await responders.read(call.database, call.account_id, call.id())
    results = await trigger(call.database, call.actor, call.body.lead_id, [call.id()], call.body.push_id)
    return Answer(TriggerResult(results=tuple(results)))


async def _messages(call: Call) -> Answer:
    found, total = await list_messages(
        call.database, call.account_id, call.query["responder_id"], call.query["lead_id"], **call.paging
    )
    return page_of(call, [_message(row) for row in found], total)


async def _report(call: Call) -> Answer:
    request = await request_of(call)
    only = call.query["responder_id"]
    request = msgspec.structs.replace(
        request, show_campaign=True, show_supplier=True, responder_ids=None if only is None else (only,)
    )
    medium = Medium.EMAIL if call.query["type"] == PushType.EMAIL else Medium.SMS
    async with call.database.connection() as connection:
        rows = await message_report(connection, request, medium)
    return Answer(MessageReport(request.period.start, request.period.end, [_row(row) for row in rows]))


def _row(row: MessageReportRow) -> MessageSalesRow:
    sums = row.sums
    return MessageSalesRow(
        label=row.label,
        campaign_id=row.campaign_id,
        responder_id=row.responder_id,
        supplier_id=row.supplier_id or None,
        push_id=row.push_id,
        currency=row.currency,
        sent=sums.sent,
        pending=sums.pending,
        delivered=sums.delivered,
        bounced=sums.undelivered,
        opened=sums.opened,
        clicks=sums.clicks,
        conversions=sums.conversions,
        unsubscribed=sums.unsubscribed,
        cost=from_micros(sums.cost),
        revenue=from_micros(sums.revenue),
        profit=from_micros(sums.profit),
    )


async def _suppressions(call: Call) -> Answer:
    found, total = await suppressing.list_suppressions(call.database, call.account_id, **call.paging)
    return page_of(call, found, total)


async def _suppress(call: Call) -> Answer:
    return Answer(await suppressing.suppress(call.database, call.actor, call.body))


async def _unsuppress(call: Call) -> Answer:
    await suppressing.unsuppress(call.database, call.actor, call.text("type"), call.text("address"))
    return Answer()


def _message(row: Row) -> MessageRecord:
    values: dict[str, Any] = {name: row[name] for name in MessageRecord.__struct_fields__ if name != "state"}
    return msgspec.convert({**values, "state": MessageState(row["state"]).name.lower()}, MessageRecord)
