"""POST /leads/search: finding leads by e-mail address or telephone number (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.naming import squeeze
from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, as_text
from leadyard.dialects.leadbyte.writing import utc
from leadyard.kit.ids import queue_id
from leadyard.kit.web_addresses import is_web_address
from leadyard.leads.masking import masked_lead
from leadyard.leads.model import Lead

_MOST_SEARCHES = 500
_MOST_CRITERIA = 1000
_MOST_DAYS = 36_500
_BEFORE = ("c1", "c2", "c3")
_BETWEEN = ("title", "firstname", "lastname", "email", "phone1", "phone2", "phone3")


async def search(call: Call) -> Answer:
    """Answer each search with its leads, newest first, and post the same to the callback if one is named."""
    searches = _searches(call.members)
    extra = as_ids(call.members.get("extrafields"))
    since = _since(call.members.get("searchPeriod"), call.received_at)
    callback = _callback(call.members.get("callback"))
    setup = await call.setup()
    warnings: list[str] = []
    answered: list[dict[str, Any]] = []
    for index, wanted in enumerate(searches):
        emails = as_ids(wanted.get("email")) + as_ids(wanted.get("emailAddresses"))
        phones = as_ids(wanted.get("phone")) + as_ids(wanted.get("phoneNumbers"))
        if not emails and not phones:
            warnings.append(f"searches[{index}] names no email or phone")
        leads = await _find(call, setup, wanted, emails, phones, since)
        own = {name: value for name, value in wanted.items() if squeeze(name) != "key"}
        answered.append(own | {"results": [_result(lead, extra) for lead in leads], "matches": len(leads)})
    answer = call.answer(
        {
            "status": "Success",
            "message": "",
            "warnings": warnings,
            "totalMatches": sum(one["matches"] for one in answered),
            "searches": answered,
        }
    )
    if callback:
        call.background.start(call.services.post_json(callback, answer.body))
    return answer


def _searches(members: Mapping[str, Any]) -> list[dict[str, Any]]:
    searches = members.get("searches")
    if isinstance(searches, dict):
        searches = [searches]
    if not isinstance(searches, list) or not searches:
        raise UnreadableError("searches is required")
    if len(searches) > _MOST_SEARCHES:
        raise UnreadableError(f"searches must not be more than {_MOST_SEARCHES}")
    for index, one in enumerate(searches):
        if not isinstance(one, dict):
            raise UnreadableError(f"searches[{index}] must be an object")
    return searches


def _since(value: Any, now: datetime) -> datetime | None:
    text = as_text(value)
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise UnreadableError("searchPeriod must be a number of days")
    return now - timedelta(days=min(int(text[:9]), _MOST_DAYS))


def _callback(value: Any) -> str:
    url = as_text(value)
    if url and not is_web_address(url):
        raise UnreadableError("callback is not an http or https address")
    return url


async def _find(
    call: Call,
    setup: AccountSetup,
    wanted: Mapping[str, Any],
    emails: Sequence[str],
    phones: Sequence[str],
    since: datetime | None,
) -> list[Lead]:
    if not emails and not phones:
        return []
    if len(emails) + len(phones) > _MOST_CRITERIA:
        raise UnreadableError(f"A search must not have more than {_MOST_CRITERIA} addresses and numbers")
    found = await call.services.leads.search(
        call.account_id,
        campaign_ids=_campaigns(setup, wanted),
        emails=emails,
        phones=phones,
        received_after=since,
        supplier_id=call.supplier_id,
    )
    return [masked_lead(lead, setup, call.principal) for lead in found]


def _campaigns(setup: AccountSetup, wanted: Mapping[str, Any]) -> list[int] | None:
    named = as_ids(wanted.get("campaignId")) + as_ids(wanted.get("campaignIds"))
    if not named:
        return None
    return [campaign.id for text in named if (campaign := setup.campaign(text)) is not None]


def _result(lead: Lead, extra: Sequence[str]) -> dict[str, Any]:
    fields = lead.fields
    result: dict[str, Any] = {name: fields.get(name, "") for name in _BEFORE}
    result["sub_supplier_id"] = str(lead.sub_supplier_id or 0)
    result.update({name: fields.get(name, "") for name in _BETWEEN})
    result |= {
        "queue_ref": queue_id(lead.uuid),
        "leadId": lead.id,
        "campaignId": lead.campaign_id,
        "received": utc(lead.received_at),
    }
    return result | {name: fields.get(name, "") for name in extra if name not in result}
