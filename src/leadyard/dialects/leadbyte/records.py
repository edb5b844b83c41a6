"""Queue records: what became of a lead, in this dialect's words (docs/leadbyte.md, "Calls").

Polls, live answers and webhooks carry the same records.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Delivery
from leadyard.dialects.leadbyte.writing import RESPONSE_TEXTS, number, skip_reason, utc
from leadyard.identity.model import QueueAppend
from leadyard.kit.ids import queue_id
from leadyard.kit.money import from_micros
from leadyard.leads.model import AttemptState, Lead, Standing, SystemStatus
from leadyard.leads.views import AttemptView, LeadView

PENDING, APPROVED, REJECTED, NOT_FOUND = "Pending", "Approved", "Rejected", "Not Found"

_ATTEMPTS = {
    AttemptState.SOLD: "Sold",
    AttemptState.REJECTED: "Rejected",
    AttemptState.SKIPPED: "Skipped",
    AttemptState.ERROR: "Error",
    AttemptState.UNKNOWN: "Error",
    AttemptState.ASSIGNED: "Assigned",
    AttemptState.RETURNED: "Returned",
    AttemptState.REASSIGNED: "Returned",
}
_FAILED = frozenset({AttemptState.ERROR, AttemptState.UNKNOWN})
_GIVEN_BACK = frozenset({AttemptState.RETURNED, AttemptState.REASSIGNED})
_TOOK = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED}) | _GIVEN_BACK
_MILLISECOND = Decimal("0.001")


def status_of(lead: Lead) -> str:
    """Tell the status of a lead's record; Approved and Rejected are final."""
    if lead.system_status in {SystemStatus.PENDING, SystemStatus.QUARANTINED}:
        return PENDING
    if lead.system_status is SystemStatus.INVALID:
        return REJECTED
    if lead.is_test:
        return APPROVED
    if lead.standing is Standing.RETURNED:
        return APPROVED if lead.payout else REJECTED
    return {Standing.APPROVED: APPROVED, Standing.REJECTED: REJECTED}.get(lead.standing, PENDING)


def record_of(uuid: UUID, view: LeadView | None, setup: AccountSetup, append: QueueAppend) -> dict[str, Any]:
    """Make the record of a lead, or of a queue id that names none; `append` says what it carries besides."""
    if view is None:
        return not_found(queue_id(uuid))
    lead = view.lead
    is_decided = lead.system_status in {SystemStatus.VALID, SystemStatus.INVALID}
    record: dict[str, Any] = {
        "queueId": queue_id(uuid),
        "status": status_of(lead),
        "processed": _decided_at(lead) if is_decided else None,
        "response": response_of(lead) if is_decided else None,
    }
    if lead.system_status is SystemStatus.QUARANTINED:
        record["quarantineId"] = lead.id
    return record | _appended(view, setup, append)


def not_found(asked: str) -> dict[str, Any]:
    """Make the record of a queue id that names no lead of the caller."""
    return {"queueId": asked, "status": NOT_FOUND, "processed": None, "response": None}


def envelope(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Wrap records as polls and live answers do."""
    return {"status": "Success", "code": 1, "message": "OK", "records": list(records)}


def response_of(lead: Lead) -> dict[str, Any]:
    """Tell how the intake decided a lead, and what its supplier gets."""
    is_valid = lead.system_status is SystemStatus.VALID
    return {
        "code": lead.code,
        "response": RESPONSE_TEXTS.get(lead.code, ""),
        "info": lead.info or [],
        "leadId": lead.id if is_valid else None,
        "rejectionId": None if is_valid else lead.id,
        "processTime": seconds(lead.process_micros),
        "timestamp": _decided_at(lead),
        "payout": "Pending" if status_of(lead) == PENDING else number(from_micros(lead.payout)),
    }


def seconds(micros: int) -> msgspec.Raw:
    """Write a duration in seconds, to the millisecond."""
    return number(from_micros(micros).quantize(_MILLISECOND))


def _decided_at(lead: Lead) -> str:
    return utc(lead.decided_at or lead.received_at)


def _appended(view: LeadView, setup: AccountSetup, append: QueueAppend) -> dict[str, Any]:
    lead = view.lead
    parts: dict[str, Any] = {}
    if append.campaign:
        parts["campaign"] = campaign_part(setup, lead.campaign_id)
    if append.supplier:
        parts["supplier"] = supplier_part(setup, lead.supplier_id)
    if append.buyers:
        parts["buyers"] = _buyers(view, setup, append)
    if append.deliveries:
        parts["deliveries"] = [delivery_part(setup, lead, attempt) for attempt in last_attempts(view)]
    if append.lead:
        parts["lead"] = lead_part(lead, append.lead_fields)
    return parts


def campaign_part(setup: AccountSetup, campaign_id: int | None) -> dict[str, str] | None:
    """Name a campaign."""
    campaign = setup.campaigns.get(campaign_id or 0)
    if campaign is None:
        return None
    return {"id": str(campaign.id), "name": campaign.name, "reference": campaign.reference}


def supplier_part(setup: AccountSetup, supplier_id: int | None) -> dict[str, str] | None:
    """Name a supplier; a lead that nobody sent has none."""
    supplier = setup.suppliers.get(supplier_id or 0)
    return None if supplier is None else {"id": str(supplier.id), "name": supplier.name, "sid": supplier.sid}


def buyer_part(setup: AccountSetup, buyer_id: int) -> dict[str, str]:
    """Name a buyer."""
    buyer = setup.buyers.get(buyer_id)
    if buyer is None:
        return {"id": str(buyer_id), "name": "", "bid": ""}
    return {"id": str(buyer.id), "name": buyer.company, "bid": buyer.bid}


def delivery_part(setup: AccountSetup, lead: Lead, attempt: AttemptView) -> dict[str, Any]:
    """Tell how one delivery of a lead stands."""
    delivery = _delivery(setup, lead, attempt.delivery_id)
    return {
        "id": str(attempt.delivery_id),
        "reference": "" if delivery is None else delivery.reference,
        "status": _ATTEMPTS.get(attempt.state, PENDING),
        "reason": skip_reason(attempt.reason) if attempt.state is AttemptState.SKIPPED else attempt.reason,
    }


def lead_part(lead: Lead, only: Sequence[str] = ()) -> dict[str, Any]:
    """Give a lead's id, null before it has one, and its fields, all or only those named."""
    is_valid = lead.system_status is SystemStatus.VALID
    chosen = {name: lead.fields.get(name, "") for name in only} if only else lead.fields
    return {"id": lead.id if is_valid else None} | {n: v for n, v in chosen.items() if n != "id"}


def revenue_of(attempt: AttemptView) -> msgspec.Raw:
    """Tell what a buyer is charged for a sale: nothing once the lead was given back."""
    return number(0 if attempt.state in _GIVEN_BACK else from_micros(attempt.revenue))


def last_attempts(view: LeadView) -> list[AttemptView]:
    """Give the last try at each delivery, in order of first tries."""
    last = {attempt.delivery_id: attempt for attempt in view.attempts}
    return list(last.values())


def _delivery(setup: AccountSetup, lead: Lead, delivery_id: int) -> Delivery | None:
    campaign = setup.campaigns.get(lead.campaign_id or 0)
    listed = () if campaign is None else campaign.deliveries
    return next((delivery for delivery in listed if delivery.id == delivery_id), None)


def _buyers(view: LeadView, setup: AccountSetup, append: QueueAppend) -> list[dict[str, Any]]:
    """List each buyer once, by the delivery that took the lead if any did."""
    chosen: dict[int, AttemptView] = {}
    for attempt in last_attempts(view):
        if attempt.state not in _ATTEMPTS or attempt.state in _FAILED:
            continue
        before = chosen.get(attempt.buyer_id)
        if before is None or before.state not in _TOOK:
            chosen[attempt.buyer_id] = attempt
    wanted = {status.casefold() for status in append.buyer_statuses}
    return [
        buyer_part(setup, buyer_id) | {"status": _ATTEMPTS[attempt.state], "revenue": revenue_of(attempt)}
        for buyer_id, attempt in chosen.items()
        if not wanted or _ATTEMPTS[attempt.state].casefold() in wanted
    ]
