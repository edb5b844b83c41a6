"""The classic form API: no key, no queue, decided at once (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadyard.campaigns.model import AcceptOn
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.reading import find_leads
from leadyard.dialects.leadbyte.records import seconds
from leadyard.dialects.leadbyte.submitting import controls_of, submission_of
from leadyard.dialects.leadbyte.values import UnreadableError, yes
from leadyard.dialects.leadbyte.writing import RESPONSE_TEXTS, encode, utc
from leadyard.identity.service import account_by_host
from leadyard.intake.model import ACCEPTED, CAMPAIGN_INACTIVE, INVALID_FIELDS, IntakeResult
from leadyard.kit import clock
from leadyard.leads.model import Channel, SystemStatus


async def submit(call: Call) -> Answer:
    """Take one lead for the account that the host name belongs to."""
    leads, _ = find_leads(call.members)
    if len(leads) > 1:
        raise UnreadableError("One lead at a time")
    async with call.services.database.connection() as connection:
        account_id = await account_by_host(connection, host_name(call.host))
    result = _no_campaign(call)
    if account_id is not None:
        submission = submission_of(
            call, leads[0], account_id=account_id, principal=None, channel=Channel.CLASSIC
        )
        result = await call.services.intake.submit(submission)
    if wants_json({**call.members, **leads[0]}):
        return call.answer(_json(result))
    return _text(result.code)


def failed(code: int, texts: Sequence[str], members: Mapping[str, Any], *, debug: bool) -> Answer:
    """Answer a request that never became a submission; `members` are what could be read of it."""
    if not wants_json(members):
        return _text(code)
    return Answer(encode(_answer(code, list(texts) if code == INVALID_FIELDS else [], None, 0), debug=debug))


def wants_json(members: Mapping[str, Any]) -> bool:
    """Tell whether the caller asks for JSON."""
    return yes(controls_of(members).get("returnjson"))


def host_name(header: str) -> str:
    """Cut the port off a Host header; host names are compared in lower case and without a closing dot."""
    host = header.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0].removesuffix(".").replace("\x00", "")


def _no_campaign(call: Call) -> IntakeResult:
    return IntakeResult(
        CAMPAIGN_INACTIVE, ("Campaign not found",), SystemStatus.INVALID, call.received_at, None
    )


def _text(code: int) -> Answer:
    return Answer(f"{code} | {RESPONSE_TEXTS[code]}".encode(), is_text=True)


def _json(result: IntakeResult) -> dict[str, Any]:
    is_in = result.code == ACCEPTED
    info = result.info or (list(result.errors) if result.code == INVALID_FIELDS else [])
    answer = _answer(result.code, info, result.lead_id if is_in else None, result.process_micros)
    on_sale = result.plan is not None and result.plan.campaign.settings.accept_on is AcceptOn.BUYER
    return answer | ({"payout": "Pending"} if is_in and on_sale else {})


def _answer(code: int, info: Any, lead_id: int | None, process_micros: int) -> dict[str, Any]:
    return {
        "code": code,
        "response": RESPONSE_TEXTS[code],
        "info": info,
        "leadId": lead_id,
        "processTime": seconds(process_micros),
        "timestamp": utc(clock.now()),
    }
