"""Webhooks: which events they are told of, and how they are called."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.model import PartyId, Status
from leadyard.delivery.model import FieldMapping
from leadyard.kit.masking import SecretText


class WebhookEvent(StrEnum):
    """What webhooks can be told of."""

    LEAD_ACCEPTED = "lead.accepted"
    LEAD_REJECTED = "lead.rejected"
    LEAD_QUARANTINED = "lead.quarantined"
    LEAD_SOLD = "lead.sold"
    LEAD_UNSOLD = "lead.unsold"
    CAP_REACHED = "cap.reached"
    CREDIT_LOW = "credit.low"
    CREDIT_EMPTY = "credit.empty"
    LEAD_RETURNED = "lead.returned"
    LEAD_ASSIGNED = "lead.assigned"
    LEAD_FEEDBACK = "lead.feedback"
    DELIVERY_FAILED = "delivery.failed"
    RETURN_ASKED = "return.asked"
    RETURN_REFUSED = "return.refused"
    DELIVERY_FILE_FAILED = "delivery_file.failed"
    DELIVERY_FILE_UNKNOWN = "delivery_file.unknown"
    IMPORT_FINISHED = "import.finished"
    MESSAGE_SENT = "message.sent"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_CLICKED = "message.clicked"
    MESSAGE_UNSUBSCRIBED = "message.unsubscribed"
    FRAUD_SIGNAL = "fraud.signal"
    VISITOR_CREATED = "visitor.created"
    PERSON_CREATED = "person.created"
    PURCHASE_CREATED = "purchase.created"
    PURCHASE_CHANGED = "purchase.changed"
    PURCHASE_CANCELLED = "purchase.cancelled"
    COMMISSION_CREATED = "commission.created"
    COMMISSION_CHANGED = "commission.changed"
    COMMISSION_CANCELLED = "commission.cancelled"
    COMMISSION_HELD = "commission.held"
    COMMISSION_PAID = "commission.paid"
    PAYOUT_PAID = "payout.paid"
    PAYOUT_FAILED = "payout.failed"


class WebhookForm(StrEnum):
    """How a webhook is called: JSON with the lead's record, or a postback with values of the lead."""

    JSON = "json"
    GET = "get"
    FORM = "form"


class WebhookSettings(msgspec.Struct, frozen=True):
    """Which events a webhook gets, of which campaigns and suppliers, or affiliates (none: all); the secret signs every call.

    A postback (`get`, `form`) may name values of the lead in its url, `form` sends `fields` as its body.
    """

    reference: Annotated[str, Meta(max_length=255)] = ""
    events: tuple[WebhookEvent, ...] = (WebhookEvent.LEAD_SOLD, WebhookEvent.LEAD_UNSOLD)
    secret: SecretText = ""
    form: WebhookForm = WebhookForm.JSON
    fields: Annotated[tuple[FieldMapping, ...], Meta(max_length=100)] = ()
    campaign_ids: Annotated[tuple[PartyId, ...], Meta(max_length=1000)] = ()
    supplier_ids: Annotated[tuple[PartyId, ...], Meta(max_length=1000)] = ()
    affiliate_ids: Annotated[
        tuple[PartyId, ...],
        Meta(max_length=1000, description="Only events of the programme that are about these affiliates."),
    ] = ()


class Webhook(msgspec.Struct, frozen=True):
    """An address that is told about events."""

    id: int
    url: str
    status: Status
    settings: WebhookSettings
