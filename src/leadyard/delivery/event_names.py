"""What postbacks may name of each event, and the values of it."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from leadyard.campaigns.webhooks import WebhookEvent

LEAD_NAMES = frozenset(
    {
        "payout",
        "revenue",
        "currency",
        "lead.id",
        "lead.uuid",
        "lead.queue_id",
        "lead.received",
        "lead.status",
        "lead.sale_status",
        "campaign.id",
        "campaign.reference",
        "campaign.name",
        "supplier.sid",
        "supplier.name",
        "ping_id",
    }
)
"""What an event of a lead names besides the lead's fields and its own details."""

_ALWAYS = frozenset({"event", "event.id"})
_CREDIT = ("affiliate_id", "traffic_campaign_id", "subid")
_VISITOR = ("id", "tracking_code", "url", "referrer", *_CREDIT)
_PERSON = ("id", "email", *_CREDIT)
_PURCHASE = (
    "id", "purchase_code", "person_id", "email", "affiliate_id", "amount", "currency", "plan", "status",
    "cancellation_source",
)  # fmt: skip
_COMMISSION = (
    "id", "affiliate_id", "amount", "currency", "level", "reason", "purchase_id", "lead_id", "due_at",
)  # fmt: skip
_PAYOUT = ("id", "affiliate_id", "amount", "currency", "method", "reference", "problem")
_FILE = ("id", "delivery_id", "name", "problem")
_IMPORT = ("id", "name", "kind", "state", "rows", "accepted", "refused", "problem")
_SIGNAL = ("id", "kind", "affiliate_id", "person_id", "purchase_id", "detail")
_MESSAGE = ("message_id", "responder_id", "push_id", "type")
_CAP = ("owner", "owner_id", "period", "since", "measure", "limit", "campaign_id", "bid")
_BUYERS_CREDIT = ("buyer_id", "bid", "left", "currency")

_OF_LEADS: Mapping[WebhookEvent, tuple[str, ...]] = MappingProxyType(
    {
        WebhookEvent.LEAD_ACCEPTED: ("code",),
        WebhookEvent.LEAD_REJECTED: ("code",),
        WebhookEvent.LEAD_QUARANTINED: ("code",),
        WebhookEvent.LEAD_SOLD: ("delivery_id", "buyer_id"),
        WebhookEvent.LEAD_UNSOLD: (),
        WebhookEvent.LEAD_RETURNED: ("buyer_id", "reason"),
        WebhookEvent.LEAD_ASSIGNED: ("delivery_id", "buyer_id"),
        WebhookEvent.LEAD_FEEDBACK: ("buyer_id", "feedback", "notes"),
        WebhookEvent.DELIVERY_FAILED: ("delivery_id", "buyer_id", "reason"),
        WebhookEvent.RETURN_ASKED: ("return_id", "buyer_id", "reason"),
        WebhookEvent.RETURN_REFUSED: ("return_id", "buyer_id", "reason"),
        WebhookEvent.MESSAGE_SENT: _MESSAGE,
        WebhookEvent.MESSAGE_FAILED: (*_MESSAGE, "problem"),
        WebhookEvent.MESSAGE_CLICKED: (*_MESSAGE, "link"),
        WebhookEvent.MESSAGE_UNSUBSCRIBED: _MESSAGE,
    }
)
_OTHERS: Mapping[WebhookEvent, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        WebhookEvent.CAP_REACHED: ("cap", _CAP),
        WebhookEvent.CREDIT_LOW: ("credit", _BUYERS_CREDIT),
        WebhookEvent.CREDIT_EMPTY: ("credit", _BUYERS_CREDIT),
        WebhookEvent.VISITOR_CREATED: ("visitor", _VISITOR),
        WebhookEvent.PERSON_CREATED: ("person", _PERSON),
        WebhookEvent.PURCHASE_CREATED: ("purchase", _PURCHASE),
        WebhookEvent.PURCHASE_CHANGED: ("purchase", _PURCHASE),
        WebhookEvent.PURCHASE_CANCELLED: ("purchase", _PURCHASE),
        WebhookEvent.COMMISSION_CREATED: ("commission", _COMMISSION),
        WebhookEvent.COMMISSION_CHANGED: ("commission", _COMMISSION),
        WebhookEvent.COMMISSION_HELD: ("commission", _COMMISSION),
        WebhookEvent.COMMISSION_CANCELLED: ("commission", _COMMISSION),
        WebhookEvent.COMMISSION_PAID: ("commission", _COMMISSION),
        WebhookEvent.DELIVERY_FILE_FAILED: ("file", _FILE),
        WebhookEvent.DELIVERY_FILE_UNKNOWN: ("file", _FILE),
        WebhookEvent.IMPORT_FINISHED: ("import", _IMPORT),
        WebhookEvent.FRAUD_SIGNAL: ("signal", _SIGNAL),
        WebhookEvent.PAYOUT_PAID: ("payout", _PAYOUT),
        WebhookEvent.PAYOUT_FAILED: ("payout", _PAYOUT),
    }
)


def names_of(events: Collection[WebhookEvent], fields: Collection[str]) -> frozenset[str]:
    """List what a postback for these events may name; `fields` are those that leads can have."""
    found = set(_ALWAYS)
    for event in events:
        if event in _OF_LEADS:
            found |= LEAD_NAMES | set(fields)
            found |= {f"event.{name}" for name in ("campaign_id", "supplier_id", *_OF_LEADS[event])}
        else:
            kind, names = _OTHERS[event]
            found |= {f"event.{kind}.{name}" for name in names}
    return frozenset(found)


def event_values(event: str, payload: Mapping[str, Any]) -> dict[str, str]:
    """Give the values of an event: `event`, and `event.…` for each detail, a detail of a detail behind a dot."""
    return {"event": event, **dict(_flat("event", payload))}


def _flat(path: str, payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{path}.{name}", value)
        elif value is not None:
            yield f"{path}.{name}", str(value)
