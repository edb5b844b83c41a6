"""PUT /leads: items that each change one lead (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.changes import Change, read_changes
from leadyard.dialects.leadbyte.outcomes import status_of
from leadyard.dialects.leadbyte.quarantine import QUEUED, act, read_quarantine_id
from leadyard.dialects.leadbyte.submitting import matcher_of
from leadyard.dialects.leadbyte.triggering import trigger_lead
from leadyard.dialects.leadbyte.values import id_number
from leadyard.intake.quarantine import QuarantineId
from leadyard.leads.model import Lead, SystemStatus
from leadyard.leads.outcomes import NOT_FOUND, NOT_QUARANTINED
from leadyard.leads.views import LeadView

_UPDATED = "Lead updated"
_REPROCESSED = "Lead queued for reprocessing"
_TRIGGERED = "Delivery triggered"
_NOTHING = "Nothing was changed"
_HELD_UPDATED = "Quarantine lead updated"


async def put_leads(call: Call) -> Answer:
    """Change leads and quarantined leads one after another; a failed item does not undo a good one."""
    changes = read_changes(call.members)
    for permission in dict.fromkeys(needed for change in changes for needed in change.permissions):
        call.require(permission)
    items = [await (_held if change.is_held else _valid)(call, change) for change in changes]
    status = status_of(item["success"] for item in items)
    return call.answer({"status": status, "message": "OK", "leads": items})


async def _valid(call: Call, change: Change) -> dict[str, Any]:
    lead = await _read(call, id_number(change.named))
    if lead is None or lead.system_status is not SystemStatus.VALID:
        return _item(change, NOT_FOUND, [], failed=[NOT_FOUND])
    warnings: list[str] = []
    messages: list[str] = []
    if change.update and await _store(call, lead, change.update, warnings):
        messages.append(_UPDATED)
    if change.deliveries:
        reasons = await trigger_lead(call, lead.id, change.deliveries)
        warnings += [reason for reason in reasons.values() if reason]
        messages += [] if all(reasons.values()) else [_TRIGGERED]
    if change.action:
        reason = (await call.services.leads.reprocess(call.principal, [lead.id])).get(lead.id, NOT_FOUND)
        warnings += [reason] if reason else []
        messages += [] if reason else [_REPROCESSED]
    if not messages:
        message = _UPDATED if change.update else _NOTHING
        return _item(change, message, warnings, failed=warnings or [_NOTHING])
    return _item(change, _UPDATED if change.update else messages[-1], warnings)


def _item(change: Change, message: str, warnings: list[str], failed: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "id": change.sent_id,
        "success": not failed,
        "message": message,
        "warnings": warnings,
        "errors": list(failed),
    }


async def _held(call: Call, change: Change) -> dict[str, Any]:
    """Correct and then process or reject a quarantined lead, which may be named by its queue id."""
    key = read_quarantine_id(change.named)
    lead = await _read(call, key)
    warnings: list[str] = []
    reason = _NOTHING
    if lead is None:
        reason = NOT_FOUND
    elif lead.system_status is not SystemStatus.QUARANTINED:
        reason = NOT_QUARANTINED
    else:
        if change.update and await _store(call, lead, change.update, warnings):
            reason = ""
        if change.action:
            reason = (await act(call, [change.named], change.action)).get(change.named, "")
    message = reason or (_HELD_UPDATED if change.update else QUEUED[change.action])
    item = {"quarantineId": change.sent_id, "success": not reason, "message": message}
    return item | ({"warnings": warnings} if warnings else {})


async def _read(call: Call, key: QuarantineId | None) -> Lead | None:
    """Read a lead by id or UUID, whatever its status, if the key may see it."""
    seen = {"supplier_id": call.supplier_id, "buyer_id": call.buyer_id}
    views: Mapping[Any, LeadView] = {}
    if isinstance(key, UUID):
        views = await call.services.leads.by_uuid(call.account_id, [key], **seen)
    elif key is not None:
        views = await call.services.leads.read(call.account_id, [key], **seen)
    return views[key].lead if key in views else None


async def _store(call: Call, lead: Lead, update: Mapping[str, Any], warnings: list[str]) -> bool:
    """Store what an update's members mean in the lead's campaign; gives whether anything was stored.

    Members that mean no field are ignored, as in a post.
    """
    setup = await call.setup()
    campaign = setup.campaigns.get(lead.campaign_id or 0)
    if campaign is None:
        return False
    values, errors = matcher_of(call.services.plans.of(setup, campaign)).assign(update)
    warnings += errors.values()
    if not values:
        return False
    is_held = lead.system_status is SystemStatus.QUARANTINED
    change = call.services.quarantine.update if is_held else call.services.leads.update
    updated = await change(call.principal, lead.id, values)
    warnings += updated.warnings
    return updated.found and bool(updated.stored)
