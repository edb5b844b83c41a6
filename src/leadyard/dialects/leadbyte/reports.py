"""GET /reports/…: figures by campaign, supplier, buyer and time (docs/leadbyte.md, "Reports")."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.places import currency_label
from leadyard.dialects.leadbyte.records import buyer_part, campaign_part, supplier_part
from leadyard.dialects.leadbyte.report_requests import flag, read_counts, read_request, with_suppliers
from leadyard.dialects.leadbyte.writing import number
from leadyard.reports.definitions import (
    ACTIVITY_COUNTS,
    Columns,
    buyer_columns,
    campaign_columns,
    campaign_columns_v13,
    supplier_columns,
)
from leadyard.reports.model import BuyerReportRow, CampaignReportRow, Correction
from leadyard.reports.parties import buyer_report, corrections
from leadyard.reports.segments import NO_TIME_GROUP
from leadyard.reports.service import campaign_report
from leadyard.storage.database import Connection

LATEST = "v1.3"
Rows = list[dict[str, Any]]


async def campaign(call: Call) -> Answer:
    """Report on campaigns."""
    setup = await call.setup()
    request = read_request(call, setup)
    columns = campaign_columns_v13 if call.version == LATEST else campaign_columns

    async def rows(connection: Connection) -> Rows:
        found = await campaign_report(connection, request)
        return [
            _place(setup, row) | figures(columns(row.sums)) | currency(call, row.currency) for row in found
        ]

    return await report(call, "campaign", rows)


async def supplier(call: Call) -> Answer:
    """Report on suppliers, as they stand and with what was corrected later."""
    setup = await call.setup()
    request = with_suppliers(call, setup, read_request(call, setup))

    async def rows(connection: Connection) -> Rows:
        found = await campaign_report(connection, request)
        booked = await corrections(connection, request) if found else {}
        return [
            _place(setup, row)
            | figures(supplier_columns(row.sums, booked.get(_key(row), Correction())))
            | currency(call, row.currency)
            for row in found
        ]

    return await report(call, "supplier", rows)


async def buyer(call: Call) -> Answer:
    """Report on buyers."""
    setup = await call.setup()
    show_supplier = flag(call, "showSupplier", usually=False)
    request = msgspec.structs.replace(read_request(call, setup), show_supplier=show_supplier)
    show_buyer = flag(call, "showBuyer", usually=True)

    async def rows(connection: Connection) -> Rows:
        found = await buyer_report(connection, request, show_buyer=show_buyer)
        return [
            _buyer_place(setup, row) | figures(buyer_columns(row.sums)) | currency(call, row.currency)
            for row in found
        ]

    return await report(call, "buyer", rows)


async def lead_activity(call: Call) -> Answer:
    """Report how many leads of some standing came in when."""
    setup = await call.setup()
    counts = read_counts(call, ACTIVITY_COUNTS)
    show_campaign = flag(call, "showCampaign", usually=True)
    request = msgspec.structs.replace(
        read_request(call, setup, usual_group="Day"), show_campaign=show_campaign
    )
    shows_campaign = show_campaign or request.group == NO_TIME_GROUP

    async def rows(connection: Connection) -> Rows:
        found = await campaign_report(connection, request)
        return [
            ({"campaign": campaign_part(setup, row.campaign_id)} if shows_campaign else {})
            | ({} if row.label is None else {"date": row.label})
            | _counted(row, counts)
            for row in _in_one_currency(found)
        ]

    return await report(call, "leadactivity", rows)


async def report(call: Call, kind: str, rows: Callable[[Connection], Awaitable[Rows]]) -> Answer:
    """Answer with a report's rows; one report of a kind at a time in each account."""
    began = time.perf_counter()
    async with call.services.report_locks.hold(call.account_id, kind) as connection:
        data = await rows(connection)
    answer: dict[str, Any] = {"status": "Success", "message": "OK", "data": data}
    if call.version == LATEST:
        answer["benchmark"] = round(time.perf_counter() - began, 6)
    return call.answer(answer)


def figures(columns: Columns) -> dict[str, Any]:
    """Write counts and amounts as numbers in shortest form."""
    return {name: number(value) for name, value in columns}


def currency(call: Call, code: str) -> dict[str, Any]:
    """Name the currency as the caller's version does."""
    return {"currency": currency_label(code) if call.version == LATEST else code}


def _place(setup: AccountSetup, row: CampaignReportRow) -> dict[str, Any]:
    shown: dict[str, Any] = {} if row.label is None else {"date": row.label}
    if row.campaign_id is not None:
        shown["campaign"] = campaign_part(setup, row.campaign_id)
    if row.supplier_id:
        shown["supplier"] = supplier_part(setup, row.supplier_id)
    if row.ssid is not None:
        shown["ssid"] = row.ssid
    return shown


def _buyer_place(setup: AccountSetup, row: BuyerReportRow) -> dict[str, Any]:
    shown: dict[str, Any] = {} if row.label is None else {"date": row.label}
    if row.campaign_id is not None:
        shown["campaign"] = campaign_part(setup, row.campaign_id)
    if row.supplier_id:
        shown["supplier"] = supplier_part(setup, row.supplier_id)
    if row.buyer_id is not None:
        shown["buyer"] = buyer_part(setup, row.buyer_id)
    return shown


def _key(row: CampaignReportRow) -> tuple[str | None, int | None, int | None, str | None, str]:
    return row.label, row.campaign_id, row.supplier_id, row.ssid, row.currency


def _counted(row: CampaignReportRow, counts: list[str]) -> dict[str, int]:
    if len(counts) == 1:
        return {"count": ACTIVITY_COUNTS[counts[0]](row.sums)}
    return {name: ACTIVITY_COUNTS[name](row.sums) for name in counts}


def _in_one_currency(rows: list[CampaignReportRow]) -> list[CampaignReportRow]:
    """Join rows that differ in nothing but the currency, which counts do not have."""
    joined: dict[tuple[str | None, int | None], CampaignReportRow] = {}
    for row in rows:
        place = (row.label, row.campaign_id)
        known = joined.get(place)
        sums = row.sums if known is None else known.sums.plus(row.sums)
        joined[place] = msgspec.structs.replace(row, sums=sums)
    return list(joined.values())
