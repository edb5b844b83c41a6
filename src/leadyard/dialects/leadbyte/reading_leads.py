"""GET /leads: leads with all that happened to them (docs/leadbyte.md, "Calls")."""

from collections.abc import Sequence
from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.records import (
    buyer_part,
    campaign_part,
    delivery_part,
    last_attempts,
    revenue_of,
    supplier_part,
)
from leadyard.dialects.leadbyte.values import UnreadableError, as_asked, id_number
from leadyard.dialects.leadbyte.writing import number, utc
from leadyard.kit.errors import NotFoundError
from leadyard.kit.ids import queue_id
from leadyard.kit.money import from_micros
from leadyard.leads.after_sale.model import Feedback
from leadyard.leads.masking import masked_view
from leadyard.leads.model import SystemStatus
from leadyard.leads.views import AttemptView, LeadView

_MOST = 1000


async def read_lead(call: Call) -> Answer:
    """Show the lead that the path names."""
    found = await _find(call, [call.path_id])
    if not found:
        raise NotFoundError("Lead not found")
    return call.answer(found[0])


async def list_leads(call: Call) -> Answer:
    """Show many leads as a bare list, in the order asked; unknown ids are left out."""
    asked = as_asked(call.members.get("leadIds", call.members.get("leadId")))
    if not asked:
        raise UnreadableError("leadIds is required")
    if len(asked) > _MOST:
        raise UnreadableError(f"leadIds must not be more than {_MOST}")
    return call.answer(await _find(call, asked))


async def _find(call: Call, asked: list[str]) -> list[dict[str, Any]]:
    wanted = [lead_id for text in asked if (lead_id := id_number(text)) is not None]
    if not wanted:
        return []
    views = await call.services.leads.read(
        call.account_id, wanted, supplier_id=call.supplier_id, buyer_id=call.buyer_id
    )
    setup = await call.setup()
    found = [masked_view(views[lead_id], setup, call.principal) for lead_id in wanted if lead_id in views]
    said = await call.services.after_sale.feedback(call.principal, list(views))
    return [
        _shown(view, setup, said.get(view.lead.id, []))
        for view in found
        if view.lead.system_status is SystemStatus.VALID
    ]


def _shown(view: LeadView, setup: AccountSetup, said: Sequence[Feedback]) -> dict[str, Any]:
    lead = view.lead
    return {
        "id": str(lead.id),
        "received": utc(lead.received_at),
        "campaign": campaign_part(setup, lead.campaign_id),
        "supplier": supplier_part(setup, lead.supplier_id),
        "payout": number(from_micros(lead.payout)),
        "revenue": number(from_micros(lead.revenue)),
        "history": [
            {"at": utc(event.at), "event": event.event, "detail": event.detail} for event in view.events
        ],
        "currency": lead.currency,
        "systemStatus": lead.system_status.name.capitalize(),
        "saleStatus": lead.sale_status.name.capitalize(),
        "deliveryStatus": view.delivery_status,
        "queueId": queue_id(lead.uuid),
        "fields": lead.fields,
        "deliveries": [_delivery(view, setup, attempt) for attempt in last_attempts(view)],
        "feedback": [
            {
                "at": utc(one.at),
                "BID": buyer_part(setup, one.buyer_id)["bid"],
                "feedback": one.feedback,
                "notes": one.notes,
            }
            for one in said
        ],
    }


def _delivery(view: LeadView, setup: AccountSetup, attempt: AttemptView) -> dict[str, Any]:
    return delivery_part(setup, view.lead, attempt) | {
        "buyer": buyer_part(setup, attempt.buyer_id),
        "revenue": revenue_of(attempt),
        "at": utc(attempt.finished_at or attempt.started_at),
    }
