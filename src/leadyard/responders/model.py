"""What responders are made of, and the pure rules of when a message goes out and what it counts as."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from leadyard.delivery.model import RetryPolicy, TemplateText
from leadyard.reports.periods import local_moment

Money = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]
ClockTime = Annotated[str, Meta(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9])?$")]
RETRY = RetryPolicy(attempts=8, first_delay_seconds=60, factor=3, maximum_delay_seconds=21_600)
_DAY = timedelta(days=1)


class Occasion(StrEnum):
    """What makes a responder write; by hand it can always be made to."""

    VALID = "valid"
    SOLD = "sold"
    UNSOLD = "unsold"
    MANUAL = "manual"


class PushType(StrEnum):
    """How a message travels."""

    EMAIL = "Email"
    SMS = "SMS"


class Medium(IntEnum):
    """How a message travels, as it is stored."""

    EMAIL = 1
    SMS = 2


class MessageState(IntEnum):
    """What became of a message.

    SENDING is committed before it is handed over, SENT when it was taken over. UNKNOWN: it may have been taken over
    and is never sent again by itself. FAILED: surely not taken over. SUPPRESSED: nobody wanted it any more.
    """

    WAITING = 0
    SENDING = 1
    SENT = 2
    DELIVERED = 3
    BOUNCED = 4
    SUPPRESSED = 5
    FAILED = 6
    UNKNOWN = 7


HANDED_OVER = (MessageState.SENT, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.UNKNOWN)
"""The states of messages that count as sent."""


class Advertiser(msgspec.Struct, frozen=True):
    """On whose behalf a message is sent."""

    id: Annotated[str, Meta(max_length=64)] = ""
    name: Annotated[str, Meta(max_length=255)] = ""


_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


class Push(msgspec.Struct, frozen=True):
    """One message of a responder: an e-mail has a subject and a text or HTML, an SMS a text only.

    Templates see the lead's fields, `lead.id`, `campaign.name` and, in e-mails, `unsubscribe`: the address at which
    the reader ends these messages. `cost` is booked for each message taken over, `revenue` for each conversion.
    """

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    type: PushType = PushType.EMAIL
    push_id: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    active: bool = True
    delay_seconds: Annotated[int, Meta(ge=0, le=31_536_000)] = 0
    subject: TemplateText = ""
    text: TemplateText = ""
    html: TemplateText = ""
    advertiser: Advertiser = Advertiser()
    marketing_category: Annotated[str, Meta(max_length=255)] = ""
    cost: Money = Decimal(0)
    revenue: Money = Decimal(0)

    @property
    def redirect(self) -> str:
        """Name where the first link of the text leads; "" when there is none."""
        match = _ADDRESS.search(self.text)
        return match[0] if match else ""


class ResponderSettings(msgspec.Struct, frozen=True):
    """When a responder writes; between `pause_from` and `pause_to`, account time, messages wait for the end.

    `mail_server_id` and `sms_gateway_id` are what its messages leave by; null: the account's first active one.
    """

    trigger: Occasion = Occasion.MANUAL
    pause_from: ClockTime = ""
    pause_to: ClockTime = ""
    mail_server_id: Annotated[int, Meta(ge=1)] | None = None
    sms_gateway_id: Annotated[int, Meta(ge=1)] | None = None


def due_at(
    happened_at: datetime, delay_seconds: int, settings: ResponderSettings, zone: ZoneInfo
) -> datetime:
    """Tell when a message may go out: after its delay, moved to the end of the quiet hours it falls into."""
    return after_quiet_hours(happened_at + timedelta(seconds=delay_seconds), settings, zone)


def after_quiet_hours(at: datetime, settings: ResponderSettings, zone: ZoneInfo) -> datetime:
    """Give the instant itself, or the end of the quiet hours in which it lies; UTC."""
    if not settings.pause_from or not settings.pause_to or settings.pause_from == settings.pause_to:
        return at
    begin, end = time.fromisoformat(settings.pause_from), time.fromisoformat(settings.pause_to)
    local = at.astimezone(zone)
    clock = local.time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not inside:
        return at
    day = local.date() if clock < end else local.date() + _DAY
    return max(at, local_moment(datetime.combine(day, end), zone))
