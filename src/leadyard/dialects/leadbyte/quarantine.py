"""POST /quarantine/process: letting leads in or refusing them (docs/leadbyte.md, "Calls")."""

from collections.abc import Sequence

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import details, lead_ids
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_text, id_number
from leadyard.intake.quarantine import QuarantineId
from leadyard.kit.ids import read_queue_id
from leadyard.leads.outcomes import NOT_FOUND

PROCESS, REJECT = "process", "reject"
QUEUED = {PROCESS: "Queued for processing", REJECT: "Queued for rejection"}
_PROCESSED = "Quarantined lead(s) processed successfully"


async def process(call: Call) -> Answer:
    """Process or reject quarantined leads, named by quarantine id or queue id."""
    asked = lead_ids(call.members, "quarantineId", "quarantineIds")
    action = read_action(call.members.get("action"), (PROCESS, REJECT))
    failures = await act(call, asked, action)
    return call.answer(details(_PROCESSED, dict.fromkeys(asked, QUEUED[action]), failures))


def read_action(value: object, known: Sequence[str]) -> str:
    """Read an action in any case; raises UnreadableError for any but the known ones."""
    try:
        action = as_text(value).lower()
    except NotPlainError:
        action = ""
    if action not in known:
        raise UnreadableError(f"action must be {' or '.join(known)}")
    return action


async def act(call: Call, asked: Sequence[str], action: str) -> dict[str, str]:
    """Release or reject; gives the reasons of what was not done by the ids as they were sent."""
    keys = {text: key for text in asked if (key := read_quarantine_id(text)) is not None}
    quarantine = call.services.quarantine
    change = quarantine.release if action == PROCESS else quarantine.reject
    done = await change(call.principal, list(dict.fromkeys(keys.values())))
    reasons = {text: done.get(keys[text], "") if text in keys else NOT_FOUND for text in asked}
    return {text: reason for text, reason in reasons.items() if reason}


def read_quarantine_id(text: str) -> QuarantineId | None:
    """Read a quarantine id or a queue id; None when it can be neither."""
    lead_id = id_number(text)
    return read_queue_id(text) if lead_id is None else lead_id
