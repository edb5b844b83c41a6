"""News of messages to leads for webhooks, queued in the unit of work that makes them."""

from datetime import datetime
from typing import Any

from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_of_lead
from leadyard.responders.model import Medium, MessageState, PushType
from leadyard.storage.database import Connection, Row

_TYPES = {Medium.EMAIL: PushType.EMAIL, Medium.SMS: PushType.SMS}
_ENDS = {MessageState.SENT: WebhookEvent.MESSAGE_SENT, MessageState.FAILED: WebhookEvent.MESSAGE_FAILED}


async def tell_of_message(
    connection: Connection, event: WebhookEvent, message: Row, now: datetime, **details: Any
) -> None:
    """Queue the news of a message, told with its lead."""
    payload = {
        "campaign_id": message["campaign_id"],
        "supplier_id": message["supplier_id"],
        "message_id": message["id"],
        "responder_id": message["responder_id"],
        "push_id": message["push_id"],
        "type": _TYPES[Medium(message["channel"])].value,
        **details,
    }
    await announce_of_lead(connection, message["account_id"], now, event, message["lead_id"], payload)


async def tell_of_end(connection: Connection, message: Row, now: datetime) -> None:
    """Queue the news of a message that was sent, or that surely was not and is tried no more."""
    event = _ENDS.get(MessageState(message["state"]))
    if event is not None:
        details = {"problem": message["last_error"]} if event is WebhookEvent.MESSAGE_FAILED else {}
        await tell_of_message(connection, event, message, now, **details)
