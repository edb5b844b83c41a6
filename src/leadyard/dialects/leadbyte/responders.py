"""GET /responders and POST /responders/trigger (docs/leadbyte.md, "Calls")."""

import itertools
from collections.abc import Mapping
from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Status
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import lead_ids, status_of
from leadyard.dialects.leadbyte.records import campaign_part, supplier_part
from leadyard.dialects.leadbyte.reports import currency
from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, id_number
from leadyard.dialects.leadbyte.writing import number
from leadyard.identity.actor import Actor
from leadyard.kit.documents import LARGEST_INTEGER
from leadyard.kit.errors import NotFoundError
from leadyard.kit.money import from_micros
from leadyard.responders.inputs import PushResult, ResponderRecord
from leadyard.responders.model import Push
from leadyard.responders.reporting import MessageSums, sums_of_pushes
from leadyard.responders.service import NO_LEAD, NO_RESPONDER, responder_of_push
from leadyard.responders.service import responders as noun
from leadyard.responders.service import trigger as queue_pushes

_PAGE = 200
_MOST = 100
_NO_PUSH = "There is no such push"


async def list_responders(call: Call) -> Answer:
    """List responders that are not archived, in order of id, with what their messages came to."""
    found: list[ResponderRecord] = []
    for page in itertools.count(1):
        some, _ = await noun.search(call.services.database, call.account_id, page=page, per_page=_PAGE)
        found += [responder for responder in some if responder.status is not Status.ARCHIVED]
        if len(some) < _PAGE:
            break
    return call.answer({"status": "Success", "message": "OK", "responders": await _shown(call, found)})


async def read_responder(call: Call) -> Answer:
    """Show one responder."""
    asked = id_number(call.path_id) or 0
    try:
        found = await noun.read(call.services.database, call.account_id, asked)
    except NotFoundError:
        raise NotFoundError(NO_RESPONDER) from None
    if found.status is Status.ARCHIVED:
        raise NotFoundError(NO_RESPONDER)
    return call.answer((await _shown(call, [found]))[0])


async def trigger(call: Call) -> Answer:
    """Queue the pushes of responders, or single pushes, for leads."""
    leads = lead_ids(call.members, "leadId", "leads", "leadIds")
    responders = as_ids(call.members.get("responderId")) + as_ids(call.members.get("responders"))
    pushes = as_ids(call.members.get("pushId"))
    if not responders and not pushes:
        raise UnreadableError("responderId is required")
    if len(leads) * (len(responders) + len(pushes)) > _MOST:
        raise UnreadableError(f"leads times responders must not be more than {_MOST}")
    results: list[dict[str, Any]] = []
    for lead in leads:
        if pushes:
            results += [await _push(call, lead, push, responders) for push in pushes]
        else:
            results += [one for responder in responders for one in await _all(call, lead, responder)]
    answer = {
        "status": status_of(result["queued"] for result in results),
        "message": "See push results",
        "warnings": [],
        "pushResults": results,
    }
    return call.answer(answer)


async def _all(call: Call, lead: str, responder: str) -> list[dict[str, Any]]:
    lead_id, responder_id = _number(lead), _number(responder)
    if lead_id is None:
        return [_result(lead, responder, "", NO_LEAD)]
    if responder_id is None:
        return [_result(lead, responder, "", NO_RESPONDER)]
    actor = Actor.of(call.principal)
    queued = await queue_pushes(call.services.database, actor, lead_id, [responder_id])
    return [_of(lead, one) for one in queued]


async def _push(call: Call, lead: str, push: str, responders: list[str]) -> dict[str, Any]:
    lead_id, push_id = _number(lead), _number(push)
    database = call.services.database
    owner = None if push_id is None else await responder_of_push(database, call.account_id, push_id)
    if owner is None or (responders and str(owner) not in responders):
        return _result(lead, responders[0] if responders else "", push, _NO_PUSH)
    if lead_id is None:
        return _result(lead, str(owner), push, NO_LEAD)
    queued = await queue_pushes(database, Actor.of(call.principal), lead_id, [owner], push_id)
    return _of(lead, queued[0])


def _of(lead: str, one: PushResult) -> dict[str, Any]:
    push = "" if one.push_id is None else str(one.push_id)
    return _result(lead, str(one.responder_id), push, "" if one.queued else one.status)


def _result(lead: str, responder: str, push: str, reason: str) -> dict[str, Any]:
    lead_id = id_number(lead)
    return {
        "responderId": responder,
        "pushId": push,
        "queued": not reason,
        "status": reason or "Queued",
        "leadId": lead if lead_id is None else lead_id,
    }


def _number(text: str) -> int | None:
    found = id_number(text)
    return None if found is None or found > LARGEST_INTEGER else found


async def _shown(call: Call, found: list[ResponderRecord]) -> list[dict[str, Any]]:
    setup = await call.setup()
    ids = [responder.id for responder in found]
    sums = await sums_of_pushes(call.services.database, call.account_id, ids)
    return [_responder(call, setup, responder, sums) for responder in found]


def _responder(
    call: Call, setup: AccountSetup, responder: ResponderRecord, sums: Mapping[int, MessageSums]
) -> dict[str, Any]:
    campaign = setup.campaigns.get(responder.campaign_id)
    code = setup.account.currency if campaign is None else campaign.settings.currency
    return {
        "id": str(responder.id),
        "name": responder.name,
        "reference": responder.reference,
        "status": responder.status,
        "campaign": campaign_part(setup, responder.campaign_id),
        "supplier": supplier_part(setup, responder.supplier_id),
        "pause_from": responder.settings.pause_from,
        "pause_to": responder.settings.pause_to,
        "pushes": [
            _shown_push(call, push, sums.get(push.push_id or 0, MessageSums()), code)
            for push in responder.pushes
        ],
    }


def _shown_push(call: Call, push: Push, sums: MessageSums, code: str) -> dict[str, Any]:
    return {
        "push_id": str(push.push_id),
        "name": push.name,
        "type": push.type,
        "advertiser": push.advertiser.name,
        "marketing_category": push.marketing_category,
        "sent": sums.sent,
        "delivered": sums.delivered,
        "clicks": sums.clicks,
        "conversions": sums.conversions,
        "cost": number(from_micros(sums.cost)),
        "revenue": number(from_micros(sums.revenue)),
        "profit": number(from_micros(sums.profit)),
        **currency(call, code),
        "active": push.active,
    }
