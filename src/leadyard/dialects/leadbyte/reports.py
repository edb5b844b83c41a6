"""GET /reports/…: figures by campaign and time (LeadByte contract, section 9)."""

import time
from typing import Any
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.places import currency_label
from leadyard.dialects.leadbyte.records import campaign_part
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_ids, as_text, id_number, yes
from leadyard.dialects.leadbyte.writing import number
from leadyard.leads.model import Channel
from leadyard.reports.definitions import campaign_columns, campaign_columns_v13
from leadyard.reports.model import CampaignReportRequest, CampaignReportRow
from leadyard.reports.periods import read_group, resolve
from leadyard.reports.service import campaign_report

_ALL = "all"
_LATEST = "v1.3"
_NOBODY = 0
_POSTED = (Channel.REST, Channel.CLASSIC, Channel.TRANSFER)
_IMPORTED = (Channel.IMPORT, Channel.HISTORY)


async def campaign(call: Call) -> Answer:
    """Report on campaigns, one report at a time in each account."""
    began = time.perf_counter()
    setup = await call.setup()
    request = _request(call, setup)
    async with call.services.report_locks.hold(call.account_id, "campaign") as connection:
        rows = await campaign_report(connection, request)
    answer: dict[str, Any] = {
        "status": "Success",
        "message": "OK",
        "data": [_row(call, setup, row) for row in rows],
    }
    if call.version == _LATEST:
        answer["benchmark"] = round(time.perf_counter() - began, 6)
    return call.answer(answer)


def _request(call: Call, setup: AccountSetup) -> CampaignReportRequest:
    zone = ZoneInfo(setup.account.time_zone)
    period = resolve(
        _text(call, "from"), _text(call, "to"), _text(call, "datePreset"), now=call.received_at, zone=zone
    )
    return CampaignReportRequest(
        call.account_id,
        period,
        zone,
        _campaigns(call, setup),
        group=read_group(_text(call, "groupBy")),
        show_campaign=yes(call.members.get("showCampaign")),
        supplier_ids=_suppliers(call),
        channels=_channels(call),
    )


def _text(call: Call, name: str) -> str:
    try:
        return as_text(call.members.get(name))
    except NotPlainError:
        raise UnreadableError(f"{name} must be a text") from None


def _ids(call: Call, name: str) -> list[str] | None:
    """Read ids to report on; None for all."""
    try:
        ids = as_ids(call.members.get(name))
    except NotPlainError:
        raise UnreadableError(f"{name} must be ids") from None
    return None if not ids or _ALL in {text.lower() for text in ids} else ids


def _campaigns(call: Call, setup: AccountSetup) -> dict[int, str]:
    asked = _ids(call, "campaignId")
    if asked is None:
        return {each.id: each.settings.currency for each in setup.campaigns.values()}
    named = [found for text in asked if (found := setup.campaign(text)) is not None]
    return {each.id: each.settings.currency for each in named}


def _suppliers(call: Call) -> tuple[int, ...] | None:
    asked = _ids(call, "supplierId")
    if asked is None:
        return None
    known = [found for text in asked if (found := id_number(text)) is not None]
    return (*known, _NOBODY) if yes(call.members.get("includeNonSupplierLeads")) else tuple(known)


def _channels(call: Call) -> tuple[Channel, ...] | None:
    posted = _is_wanted(call, "leadTypeAPI")
    imported = _is_wanted(call, "leadTypeImport") and _is_wanted(call, "leadTypeImported")
    if posted and imported:
        return None
    return (*(_POSTED if posted else ()), *(_IMPORTED if imported else ()))


def _is_wanted(call: Call, name: str) -> bool:
    text = _text(call, name)
    return not text or yes(text)


def _row(call: Call, setup: AccountSetup, row: CampaignReportRow) -> dict[str, Any]:
    latest = call.version == _LATEST
    shown: dict[str, Any] = {} if row.label is None else {"date": row.label}
    if row.campaign_id is not None:
        shown["campaign"] = campaign_part(setup, row.campaign_id)
    columns = campaign_columns_v13(row.sums) if latest else campaign_columns(row.sums)
    shown |= {name: number(value) for name, value in columns}
    shown["currency"] = currency_label(row.currency) if latest else row.currency
    return shown
