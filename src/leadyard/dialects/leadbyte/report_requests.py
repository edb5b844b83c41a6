"""The parameters of reports, read for one account (docs/leadbyte.md, "Reports")."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Call
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_ids, as_text, id_number, yes
from leadyard.leads.model import Channel
from leadyard.reports.model import CampaignReportRequest
from leadyard.reports.periods import read_group, resolve

_ALL = "all"
_NOBODY = 0
_POSTED = (Channel.REST, Channel.CLASSIC, Channel.TRANSFER)
_IMPORTED = (Channel.IMPORT, Channel.HISTORY)


def read_request(call: Call, setup: AccountSetup, *, usual_group: str = "Campaign") -> CampaignReportRequest:
    """Read what every report is asked for; raises UnreadableError and BadPeriodError."""
    zone = ZoneInfo(setup.account.time_zone)
    period = resolve(
        text_of(call, "from"),
        text_of(call, "to"),
        text_of(call, "datePreset"),
        now=call.received_at,
        zone=zone,
    )
    return CampaignReportRequest(
        call.account_id,
        period,
        zone,
        _campaigns(call, setup),
        group=read_group(text_of(call, "groupBy") or usual_group),
        show_campaign=flag(call, "showCampaign", usually=False),
        supplier_ids=_suppliers(call),
        channels=_channels(call),
        buyer_ids=_numbers(call, "buyerId"),
        responder_ids=_numbers(call, "responderId"),
    )


def with_suppliers(call: Call, setup: AccountSetup, request: CampaignReportRequest) -> CampaignReportRequest:
    """Split a request by supplier as the supplier report does, without leads that nobody sent unless asked for."""
    suppliers = request.supplier_ids
    if suppliers is None and not flag(call, "includeNonSupplierLeads", usually=False):
        suppliers = tuple(setup.suppliers)
    return msgspec.structs.replace(
        request,
        supplier_ids=suppliers,
        show_supplier=flag(call, "showSupplier", usually=True),
        show_ssid=flag(call, "showSSID", usually=False),
    )


def text_of(call: Call, name: str) -> str:
    """Read a parameter that is a text; raises UnreadableError."""
    try:
        return as_text(call.members.get(name))
    except NotPlainError:
        raise UnreadableError(f"{name} must be a text") from None


def flag(call: Call, name: str, *, usually: bool) -> bool:
    """Read a parameter that is Yes or No."""
    text = text_of(call, name)
    return yes(text) if text else usually


def ids_of(call: Call, name: str) -> list[str] | None:
    """Read ids to report on; None for all. Raises UnreadableError."""
    try:
        ids = as_ids(call.members.get(name))
    except NotPlainError:
        raise UnreadableError(f"{name} must be ids") from None
    return None if not ids or _ALL in {text.lower() for text in ids} else ids


def _numbers(call: Call, name: str) -> tuple[int, ...] | None:
    asked = ids_of(call, name)
    return None if asked is None else tuple(found for text in asked if (found := id_number(text)) is not None)


def _campaigns(call: Call, setup: AccountSetup) -> dict[int, str]:
    asked = ids_of(call, "campaignId")
    if asked is None:
        return {each.id: each.settings.currency for each in setup.campaigns.values()}
    named = [found for text in asked if (found := setup.campaign(text)) is not None]
    return {each.id: each.settings.currency for each in named}


def _suppliers(call: Call) -> tuple[int, ...] | None:
    known = _numbers(call, "supplierId")
    if known is None:
        return None
    return (*known, _NOBODY) if flag(call, "includeNonSupplierLeads", usually=False) else known


def _channels(call: Call) -> tuple[Channel, ...] | None:
    posted = flag(call, "leadTypeAPI", usually=True)
    imported = flag(call, "leadTypeImport", usually=True) and flag(call, "leadTypeImported", usually=True)
    if posted and imported:
        return None
    return (*(_POSTED if posted else ()), *(_IMPORTED if imported else ()))


def read_counts(call: Call, known: Any) -> list[str]:
    """Read which counts a lead activity report is about; raises UnreadableError."""
    asked = ids_of(call, "showData") or ["leads"]
    names = {name.casefold(): name for name in known}
    for text in asked:
        if text.casefold() not in names:
            raise UnreadableError(f"showData is not one of {', '.join(known)}")
    return list(dict.fromkeys(names[text.casefold()] for text in asked))
