"""GET /reports/email, sms, bulkemail and bulksms: messages by campaign, responder, supplier and push (section 9.2)."""

from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.records import campaign_part, supplier_part
from leadyard.dialects.leadbyte.report_requests import flag, read_request
from leadyard.dialects.leadbyte.reports import Rows, currency, figures, report
from leadyard.kit.money import from_micros
from leadyard.reports.definitions import Columns
from leadyard.reports.model import CampaignReportRequest
from leadyard.responders.model import Medium
from leadyard.responders.reporting import MessageReportRow, MessageSums, message_report
from leadyard.storage.database import Connection


async def email(call: Call) -> Answer:
    """Report on the e-mails of responders."""
    return await _messages(call, "email", Medium.EMAIL)


async def sms(call: Call) -> Answer:
    """Report on the text messages of responders."""
    return await _messages(call, "sms", Medium.SMS)


async def bulk_email(call: Call) -> Answer:
    """Report on e-mails that were sent in bulk: none are, every message here answers a lead."""
    return await _nothing(call, "bulkemail")


async def bulk_sms(call: Call) -> Answer:
    """Report on text messages that were sent in bulk: none are."""
    return await _nothing(call, "bulksms")


async def _messages(call: Call, kind: str, medium: Medium) -> Answer:
    setup, request = await _request(call)

    async def rows(connection: Connection) -> Rows:
        return [_row(call, setup, row, medium) for row in await message_report(connection, request, medium)]

    return await report(call, kind, rows)


async def _nothing(call: Call, kind: str) -> Answer:
    await _request(call)

    async def rows(_: Connection) -> Rows:
        return []

    return await report(call, kind, rows)


async def _request(call: Call) -> tuple[AccountSetup, CampaignReportRequest]:
    setup = await call.setup()
    show_supplier = flag(call, "showSupplier", usually=True)
    return setup, msgspec.structs.replace(read_request(call, setup), show_supplier=show_supplier)


def _row(call: Call, setup: AccountSetup, row: MessageReportRow, medium: Medium) -> dict[str, Any]:
    shown: dict[str, Any] = {} if row.label is None else {"date": row.label}
    if row.campaign_id is not None:
        shown["campaign"] = campaign_part(setup, row.campaign_id)
    shown["responder"] = {"id": str(row.responder_id), "reference": row.reference}
    if row.supplier_id:
        shown["supplier"] = supplier_part(setup, row.supplier_id)
    shown["push"] = {"id": str(row.push_id), "name": row.push}
    if medium is Medium.SMS:
        shown["push"]["redirect"] = row.redirect
    shown["advertiser"] = {"id": row.advertiser.id, "name": row.advertiser.name}
    columns = _email_columns(row.sums) if medium is Medium.EMAIL else _sms_columns(row.sums)
    return shown | figures(columns) | currency(call, row.currency)


def _email_columns(sums: MessageSums) -> Columns:
    return [
        ("sent", sums.sent),
        ("delivered", sums.delivered),
        ("opened", sums.opened),
        ("clicks", sums.clicks),
        ("conversions", sums.conversions),
        ("bounced", sums.undelivered),
        ("unsubscribed", sums.unsubscribed),
        *_money(sums),
    ]


def _sms_columns(sums: MessageSums) -> Columns:
    return [
        ("sent", sums.sent),
        ("pending", sums.pending),
        ("undelivered", sums.undelivered),
        ("delivered", sums.delivered),
        ("clicks", sums.clicks),
        ("conversions", sums.conversions),
        *_money(sums),
    ]


def _money(sums: MessageSums) -> Columns:
    return [
        ("cost", from_micros(sums.cost)),
        ("revenue", from_micros(sums.revenue)),
        ("profit", from_micros(sums.profit)),
    ]
