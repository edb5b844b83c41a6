"""POST /leads, one lead or up to a thousand, and waitsubmit (docs/leadbyte.md, "Calls")."""

import asyncio
from typing import Any

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.live import answers_live, is_let_in, live_answer
from leadyard.dialects.leadbyte.reading import find_leads
from leadyard.dialects.leadbyte.refusals import INTERNAL, log_failure
from leadyard.dialects.leadbyte.submitting import refused_page, submission_of
from leadyard.dialects.leadbyte.writing import accepted_item, batch, refusal, refused_item, success_code
from leadyard.intake.model import ACCEPTED, IntakeResult
from leadyard.kit.ids import queue_id
from leadyard.leads.model import SystemStatus

_SLICE = 256
_ACCEPTED = {
    code: b'{"status":"Success","code":%d,"message":"","results":[{"queueId":"%%b","status":"%%b","code":%d}]}'
    % (code, code)
    for code in (1, 2)
}


async def post_leads(call: Call) -> Answer:
    """Take one lead or a batch."""
    leads, is_batch = find_leads(call.members)
    if is_batch:
        return await _post_batch(call, leads)
    result = await _submit(call, leads[0])
    if answers_live(call.version, result):
        return await live_answer(call, result)
    return _answer(call, result)


async def wait_submit(call: Call) -> Answer:
    """Take one lead and wait for its sale, whatever its campaign has set."""
    leads, is_batch = find_leads(call.members)
    if is_batch:
        return await _post_batch(call, leads)
    result = await _submit(call, leads[0])
    return await live_answer(call, result) if is_let_in(result) else _answer(call, result)


def _answer(call: Call, result: IntakeResult) -> Answer:
    if result.code != ACCEPTED or result.uuid is None:
        return call.answer(refusal(result.code, result.errors, refused_page(result)))
    if call.debug:
        return call.answer(batch([_item(call, result)], call.version))
    status = _status(result).encode()
    return Answer(_ACCEPTED[success_code(call.version)] % (queue_id(result.uuid).encode(), status))


async def _submit(call: Call, lead: dict[str, Any]) -> IntakeResult:
    principal = call.principal
    submission = submission_of(call, lead, account_id=principal.account_id, principal=principal)
    return await call.services.intake.submit(submission)


async def _post_batch(call: Call, leads: list[dict[str, Any]]) -> Answer:
    results: list[IntakeResult | BaseException] = []
    while len(results) < len(leads):
        # One slice fits into one commit, so that of equal leads the first is the one that gets in.
        part = leads[len(results) : len(results) + _SLICE]
        done = await asyncio.gather(*(_submit(call, lead) for lead in part), return_exceptions=True)
        results += done
        if all(isinstance(result, BaseException) for result in done):
            results += [done[0]] * (len(leads) - len(results))
    first = results[0]
    if isinstance(first, BaseException) and all(isinstance(result, BaseException) for result in results):
        raise first
    page = "" if isinstance(first, BaseException) else refused_page(first)
    return call.answer(batch([_item(call, result) for result in results], call.version, page))


def _item(call: Call, result: IntakeResult | BaseException) -> dict[str, Any]:
    if isinstance(result, Exception):
        log_failure(result)
        return refused_item(INTERNAL)
    if isinstance(result, BaseException):
        raise result
    if result.code != ACCEPTED or result.uuid is None:
        return refused_item(result.code, result.errors)
    return accepted_item(queue_id(result.uuid), _status(result), call.version)


def _status(result: IntakeResult) -> str:
    return "Quarantined" if result.system_status is SystemStatus.QUARANTINED else "Queued"
