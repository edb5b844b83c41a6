"""Live Buyer Responses: the answer to a post waits for the sale (docs/leadbyte.md, "Calls")."""

import asyncio
from uuid import UUID

from leadyard.campaigns.model import AcceptOn
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.records import PENDING, envelope, record_of, status_of
from leadyard.intake.model import ACCEPTED, IntakeResult
from leadyard.leads.landing import landing_page
from leadyard.leads.masking import masked_view
from leadyard.leads.model import SystemStatus
from leadyard.leads.views import LeadView

LONGEST_WAIT_SECONDS = 20.0
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.25
_LIVE_VERSION = "v1.3"


def is_let_in(result: IntakeResult) -> bool:
    """Tell whether a lead went in and was not put aside."""
    return result.code == ACCEPTED and result.system_status is SystemStatus.VALID


def answers_live(version: str, result: IntakeResult) -> bool:
    """Tell whether the campaign has the answer to an accepted lead wait for its sale."""
    if result.plan is None or version != _LIVE_VERSION or not is_let_in(result):
        return False
    settings = result.plan.campaign.settings
    return settings.live_responses and settings.accept_on is AcceptOn.BUYER


async def live_answer(call: Call, result: IntakeResult) -> Answer:
    """Wait until the lead is sold or not, as long as its campaign says, and answer with its record.

    Where the campaign or the buyer names a page for the lead, the envelope ends with `redirectUrl`; otherwise it is
    the poll's, as the contract has it.
    """
    if result.uuid is None:
        return call.answer(envelope([]))
    seconds = LONGEST_WAIT_SECONDS if result.plan is None else result.plan.campaign.settings.live_seconds
    view = await _decided(call, result.uuid, min(seconds, LONGEST_WAIT_SECONDS))
    setup = await call.setup()
    page = "" if view is None else landing_page(view, setup.campaigns.get(view.lead.campaign_id or 0))
    view = None if view is None else masked_view(view, setup, call.principal)
    answer = envelope([record_of(result.uuid, view, setup, call.principal.key.settings.append)])
    return call.answer(answer | ({"redirectUrl": page} if page else {}))


async def _decided(call: Call, uuid: UUID, seconds: float) -> LeadView | None:
    clock = asyncio.get_running_loop()
    deadline = clock.time() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        view = (await call.services.leads.by_uuid(call.account_id, [uuid])).get(uuid)
        is_open = view is not None and view.lead.system_status is SystemStatus.VALID
        if view is None or not is_open or status_of(view.lead) != PENDING or clock.time() + pause > deadline:
            return view
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, pause * 1.5)
