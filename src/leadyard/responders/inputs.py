"""What operators send and see of responders."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.inputs import Id, Name
from leadyard.campaigns.model import Status
from leadyard.responders.model import Push, ResponderSettings

MOST_PUSHES = 50


class ResponderInput(msgspec.Struct, frozen=True, kw_only=True):
    """A responder of a campaign, for all its leads or those of one supplier; pushes keep their order.

    A push that comes back with its `push_id` stays the same message; one without is new, and one that is missing is
    taken out.
    """

    name: Name
    campaign_id: Id
    reference: Annotated[str, Meta(max_length=255)] = ""
    supplier_id: Id | None = None
    status: Status = Status.ACTIVE
    settings: ResponderSettings = ResponderSettings()
    pushes: Annotated[tuple[Push, ...], Meta(max_length=MOST_PUSHES)] = ()


class ResponderRecord(ResponderInput, frozen=True, kw_only=True):
    """A responder as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class TriggerInput(msgspec.Struct, frozen=True, kw_only=True):
    """The lead that is to be written to; without a push all active pushes go out."""

    lead_id: Id
    push_id: Id | None = None


class PushResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a message was queued, and why not."""

    responder_id: int
    push_id: int | None
    queued: bool
    status: str


class TriggerResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each message that was asked for."""

    results: tuple[PushResult, ...]


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it stands."""

    id: int
    responder_id: int
    push_id: int
    lead_id: int
    occasion: str
    state: str
    recipient: str
    due_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    clicks: int
    conversions: int
    last_error: str


class MessageSalesRow(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one push to the leads of one supplier; `pending` were taken over and nobody said what became of them."""

    label: str | None
    campaign_id: int | None
    responder_id: int
    supplier_id: int | None
    push_id: int
    currency: str
    sent: int
    pending: int
    delivered: int
    bounced: int
    opened: int
    clicks: int
    conversions: int
    unsubscribed: int
    cost: Decimal
    revenue: Decimal
    profit: Decimal


class MessageReport(msgspec.Struct, frozen=True):
    """A report on messages over a window, from its start (inside) to its end (outside), in UTC."""

    start: datetime
    end: datetime
    rows: list[MessageSalesRow]


class ReceiptInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider or an advertiser reports of a message."""

    event: Annotated[str, Meta(pattern="^(delivered|bounced|conversion)$")]


class SuppressionInput(msgspec.Struct, frozen=True, kw_only=True):
    """An address or number that is not to be written to any more."""

    type: Annotated[str, Meta(pattern="^(Email|SMS)$")]
    address: Annotated[str, Meta(min_length=3, max_length=254)]


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """An address or number that is not written to, in its normal form."""

    type: str
    address: str
    at: datetime
    source: str
