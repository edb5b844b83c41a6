"""Turning what happened to a lead into messages, inside the caller's unit of work."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from leadyard.campaigns.model import CampaignSettings
from leadyard.identity.service import load_account
from leadyard.intake.fields import STANDARD_FIELDS, email_key, phone_key
from leadyard.leads.model import SystemStatus
from leadyard.responders import store
from leadyard.responders.inputs import ResponderRecord
from leadyard.responders.model import Medium, Push, PushType, due_at
from leadyard.responders.store import NewMessage
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Row

NO_EMAIL = "Lead has no email address"
NO_PHONE = "Lead has no phone number"
UNSUBSCRIBED = "Unsubscribed"
ALREADY = "Already queued"
_USUAL_SMS_FIELD = "phone1"


async def read_lead(connection: Connection, account_id: int, lead_id: int) -> Row | None:
    """Read a lead that may be written to: valid and no test."""
    row = (await store.leads(connection, account_id, [lead_id])).get(lead_id)
    if row is None or row["is_test"] or row["system_status"] != SystemStatus.VALID:
        return None
    return row


class Queueing:
    """Queues messages of one account."""

    def __init__(self, account_id: int, zone: ZoneInfo) -> None:
        """Take the account and its time zone, in which quiet hours are meant."""
        self._account_id = account_id
        self._zone = zone

    @classmethod
    async def of(cls, connection: Connection, account_id: int) -> Self:
        """Read the account's zone."""
        return cls(account_id, ZoneInfo((await load_account(connection, account_id)).time_zone))

    async def queue(
        self,
        connection: Connection,
        responder: ResponderRecord,
        push: Push,
        lead: Row,
        campaign: CampaignSettings,
        occasion: str,
        happened_at: datetime,
    ) -> str:
        """Queue one push for a lead; gives "" or why not."""
        medium = Medium.EMAIL if push.type is PushType.EMAIL else Medium.SMS
        recipient = recipient_of(medium, lead["fields"], campaign)
        if not recipient:
            return NO_EMAIL if medium is Medium.EMAIL else NO_PHONE
        if await store.is_suppressed(connection, self._account_id, medium, recipient):
            return UNSUBSCRIBED
        message = NewMessage(
            responder.id,
            push.push_id or 0,
            lead["id"],
            occasion,
            medium,
            lead["campaign_id"],
            lead["supplier_id"],
            lead["currency"],
            lead["received_at"],
            due_at(happened_at, push.delay_seconds, responder.settings, self._zone),
            recipient,
        )
        message_id = await next_id(connection, self._account_id, "responder message")
        return "" if await store.queue(connection, self._account_id, message_id, message) else ALREADY


def recipient_of(medium: Medium, fields: dict[str, str], campaign: CampaignSettings) -> str:
    """Find where to write to, in normal form: a lower-case address, or a number with its country code."""
    if medium is Medium.EMAIL:
        return email_key(fields.get("email", ""))
    name = next(
        (n for n, rule in STANDARD_FIELDS.items() if rule.label == campaign.sms_field), campaign.sms_field
    )
    number = fields.get(name) or fields.get(_USUAL_SMS_FIELD, "")
    digits = phone_key(number, campaign.country) if number else ""
    return f"+{digits}" if digits else ""


def normal_address(medium: Medium, address: str, country: str) -> str:
    """Bring an address or number that a person wrote into the form in which it is compared; "" for none."""
    if medium is Medium.EMAIL:
        return email_key(address)
    digits = phone_key(address, country)
    return f"+{digits}" if digits else ""
