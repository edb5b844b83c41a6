"""A lead as people and dialects see it: with its attempts and what happened to it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from leadyard.leads.model import AttemptState, Lead


class AttemptView(msgspec.Struct, frozen=True):
    """One try at one delivery; `revenue` in micro-units, `trace` what was sent and answered (None: not known)."""

    number: int
    delivery_id: int
    buyer_id: int
    state: AttemptState
    reason: str
    revenue: int
    started_at: datetime
    finished_at: datetime | None
    trace: dict[str, Any] | None


class LeadEvent(msgspec.Struct, frozen=True):
    """A line of a lead's history; `actor` is empty for what the system did by itself."""

    at: datetime
    event: str
    detail: str
    actor: str


class Costs(msgspec.Struct, frozen=True):
    """What checks and messages of a lead cost, in micro-units of its currency."""

    validation: int = 0
    email: int = 0
    sms: int = 0


class DeliveryStatus(StrEnum):
    """How delivering stands, over all attempts (docs/leadbyte.md, "Answers")."""

    FULL = "Full"
    PARTIAL = "Partial"
    UNDELIVERED = "Undelivered"
    SKIPPED = "Skipped"
    PENDING = "Pending"
    NONE = "None"


class LeadView(msgspec.Struct, frozen=True):
    """A lead with its attempts by number and its history, oldest first."""

    lead: Lead
    attempts: tuple[AttemptView, ...]
    events: tuple[LeadEvent, ...]
    costs: Costs = Costs()

    @property
    def delivery_status(self) -> DeliveryStatus:
        """Sum the last attempt of each delivery up."""
        return delivery_status({a.delivery_id: a.state for a in self.attempts}.values())


_OPEN = frozenset({AttemptState.SENDING, AttemptState.WAITING, AttemptState.UNKNOWN})
_TAKEN = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED, AttemptState.RETURNED, AttemptState.REASSIGNED})


def delivery_status(last_states: Iterable[AttemptState]) -> DeliveryStatus:
    """Sum up the last state of each delivery that was considered."""
    states = list(last_states)
    if not states:
        return DeliveryStatus.NONE
    if any(state in _OPEN for state in states):
        return DeliveryStatus.PENDING
    attempted = [state for state in states if state is not AttemptState.SKIPPED]
    taken = sum(state in _TAKEN for state in attempted)
    if not attempted:
        return DeliveryStatus.SKIPPED
    if not taken:
        return DeliveryStatus.UNDELIVERED
    return DeliveryStatus.FULL if taken == len(attempted) else DeliveryStatus.PARTIAL
