"""POST /leads/ping and POST /leads/deliverychecker: what would a lead bring (docs/leadbyte.md, "Calls")."""

import asyncio
from collections.abc import Sequence
from typing import Any

from leadyard.delivery.prospects import Foreseen, Match, PingResult
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.reading import find_leads
from leadyard.dialects.leadbyte.submitting import submission_of
from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, as_text
from leadyard.dialects.leadbyte.writing import number, skip_reason
from leadyard.intake.model import Submission
from leadyard.kit.money import from_micros
from leadyard.kit.web_addresses import is_web_address

MOST_PINGS = 100
_AT_ONCE = 16


async def ping(call: Call) -> Answer:
    """Ask buyers for bids; answers the highest bid less margin, and posts the same to the callback if one is named."""
    callback = _callback(call.members.get("callback_url"))
    submissions = _submissions(call)
    if len(submissions) > MOST_PINGS:
        raise UnreadableError(f"leads must not be more than {MOST_PINGS}")
    places = asyncio.Semaphore(_AT_ONCE)

    async def ask(submission: Submission) -> PingResult:
        async with places:
            return await call.services.prospects.ping(submission)

    results = await asyncio.gather(*(ask(submission) for submission in submissions))
    answer = call.answer(
        {"status": "Success", "code": 1, "message": "OK", "results": [_bid(result) for result in results]}
    )
    if callback:
        call.background.start(call.services.post_json(callback, answer.body))
    return answer


async def check_deliveries(call: Call) -> Answer:
    """Tell for each lead which deliveries would get it; changes nothing."""
    extra = as_ids(call.members.get("extrafields"))
    setup = await call.services.configuration.current(call.account_id)
    results = []
    for submission in _submissions(call):
        foreseen = await call.services.prospects.foresee(submission)
        buyers = {
            buyer.id: {"id": str(buyer.id), "name": buyer.company, "bid": buyer.bid}
            for buyer in setup.buyers.values()
        }
        results.append(_matches(foreseen, buyers, extra))
    return call.answer({"status": "Success", "message": "", "results": results})


def _submissions(call: Call) -> list[Submission]:
    leads, _ = find_leads(call.members)
    principal = call.principal
    return [submission_of(call, lead, account_id=principal.account_id, principal=principal) for lead in leads]


def _callback(value: Any) -> str:
    url = as_text(value)
    if url and not is_web_address(url):
        raise UnreadableError("callback_url is not an http or https address")
    return url


def _bid(result: PingResult) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pingId": "" if result.id is None else str(result.id),
        "status": "Bid" if result.bid else "No bid",
        "bid": number(from_micros(result.bid)),
        "currency": result.currency,
    }
    return {**item, "errors": list(result.errors)} if result.errors else item


def _matches(foreseen: Foreseen, buyers: dict[int, dict[str, str]], extra: Sequence[str]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "matches": sum(not match.reason for match in foreseen.matches),
        "deliveries": [_delivery(match, buyers) for match in foreseen.matches],
    }
    item |= {name: foreseen.values.get(name, "") for name in extra if name not in item}
    return {**item, "errors": list(foreseen.errors)} if foreseen.errors else item


def _delivery(match: Match, buyers: dict[int, dict[str, str]]) -> dict[str, Any]:
    return {
        "id": str(match.delivery.id),
        "reference": match.delivery.reference,
        "eligible": not match.reason,
        "reason": skip_reason(match.reason),
        "buyer": buyers.get(match.delivery.buyer_id),
        "revenue": number(from_micros(match.revenue)),
    }
