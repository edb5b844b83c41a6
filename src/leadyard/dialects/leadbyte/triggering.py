"""POST /leads/reprocess and POST /deliveries/trigger (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import (
    details,
    failures_of,
    lead_ids,
    numbers_of,
    status_of,
)
from leadyard.dialects.leadbyte.values import UnreadableError, id_number
from leadyard.leads.outcomes import NOT_FOUND

_MOST_PUSHES = 10_000


async def reprocess(call: Call) -> Answer:
    """Run distribution again over the deliveries that have not taken the leads."""
    asked = lead_ids(call.members, "leadId", "leadIds")
    numbers = numbers_of(asked)
    done = await call.services.leads.reprocess(call.principal, list(dict.fromkeys(numbers.values())))
    failures = failures_of(asked, numbers, done)
    return call.answer(details("", dict.fromkeys(asked, "Queued for reprocessing"), failures))


async def trigger(call: Call) -> Answer:
    """Queue leads for deliveries that are triggered by hand."""
    leads = lead_ids(call.members, "leadId", "leads", "leadIds")
    deliveries = lead_ids(call.members, "deliveryId", "deliveries", "deliveryIds")
    if len(leads) * len(deliveries) > _MOST_PUSHES:
        raise UnreadableError(f"leads times deliveries must not be more than {_MOST_PUSHES}")
    results: list[dict[str, Any]] = []
    for lead in leads:
        results += await _push(call, lead, deliveries)
    answer = {
        "status": status_of(result["queued"] for result in results),
        "message": "See push results",
        "warnings": [],
        "pushResults": results,
    }
    return call.answer(answer)


async def _push(call: Call, lead: str, deliveries: list[str]) -> list[dict[str, Any]]:
    lead_id = id_number(lead)
    reasons = await trigger_lead(call, lead_id, deliveries)
    return [
        {
            "deliveryId": delivery,
            "queued": not reason,
            "status": reason or "Queued",
            "leadId": lead if lead_id is None else lead_id,
        }
        for delivery, reason in reasons.items()
    ]


async def trigger_lead(call: Call, lead_id: int | None, deliveries: list[str]) -> dict[str, str]:
    """Queue one lead for deliveries; gives "" or the reason why not by delivery id as it was sent."""
    if lead_id is None:
        return dict.fromkeys(deliveries, NOT_FOUND)
    numbers = numbers_of(deliveries)
    done = await call.services.leads.trigger(call.principal, lead_id, list(dict.fromkeys(numbers.values())))
    return {
        text: done[numbers[text]] if numbers.get(text) in done else f"Delivery {text} cannot be triggered"
        for text in deliveries
    }
