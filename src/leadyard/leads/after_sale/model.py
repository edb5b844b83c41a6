"""The values of what follows a sale."""

from datetime import datetime
from enum import IntEnum

import msgspec

from leadyard.leads.model import AttemptState

ALREADY_RETURNED = "Already returned"
NOT_SOLD_TO_BUYER = "Lead was not sold to this buyer"
RETURN_WAITING = "Return already queued"
RETURN_LIMIT = "Return limit reached"
TOO_LATE = "The sale is too long ago to be returned"
REASON_UNKNOWN = "Return reason is not known"
ALREADY_ASSIGNED = "Already assigned to this delivery"
DELIVERY_UNKNOWN = "Delivery not found"
OTHER_CAMPAIGN = "The delivery belongs to another campaign"
BUSY = "The lead is being delivered just now, try again"
FEEDBACK_PRESENT = "Feedback already present"

IN_WANTED_STATE = frozenset({ALREADY_RETURNED, RETURN_WAITING, ALREADY_ASSIGNED})
"""What was not done because it is so already: a warning, not a failure."""


class ReturnState(IntEnum):
    """How a return that was asked for stands."""

    PENDING = 0
    RETURNED = 1
    REFUSED = 2


class Sale(msgspec.Struct, frozen=True):
    """An attempt by which a buyer got a lead; revenue in micro-units as at the sale."""

    number: int
    delivery_id: int
    buyer_id: int
    state: AttemptState
    revenue: int
    sold_at: datetime


class Ask(msgspec.Struct, frozen=True):
    """What is asked for: that a buyer's leads come back, for a reason, with or without the supplier's payout."""

    buyer_id: int
    reason: str
    reverse_payout: bool


class LeadReturn(msgspec.Struct, frozen=True):
    """A return that was asked for; amounts are what was reversed, in micro-units of `currency`."""

    id: int
    lead_id: int
    buyer_id: int
    delivery_id: int
    reason: str
    state: ReturnState
    reverse_payout: bool
    revenue: int
    payout: int
    currency: str
    received_at: datetime
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None


class Feedback(msgspec.Struct, frozen=True):
    """What a buyer says of a lead; buyer 0 is the operator's own people."""

    id: int
    buyer_id: int
    feedback: str
    notes: str
    at: datetime
    actor: str
