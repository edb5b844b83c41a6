"""What may stand in the way of a delivery now: the gates of one batch, in the order in which they are asked.

A gate takes an offer of a job and gives a reason to pass the delivery over, the instant at which to look again, or
None. A new gate is a function here and a line in `gates_of`.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Delivery, Status
from leadyard.delivery.delivered import DeliveredGate
from leadyard.delivery.holds import Holds
from leadyard.delivery.limits import Limits
from leadyard.delivery.rules import exclusion_of
from leadyard.delivery.sending import Job
from leadyard.routing.choice import Gate
from leadyard.routing.offers import Offer, Sale
from leadyard.routing.shutting import holds_while_closed, shut
from leadyard.routing.trace import CapState

ClosedUntil = Callable[[int], datetime | None]
"""When a buyer whose circuit breaker is open may be called again; None when it may be called now."""


Held = dict[tuple[int, Sale], Holds]
"""What the offers of one lead hold of caps and credit, by delivery and kind of sale."""


class Surroundings(msgspec.Struct, frozen=True):
    """What the gates of a batch look at; `limits` and `delivered` are held locked."""

    setup: AccountSetup
    now: datetime
    zone: ZoneInfo
    closed_until: ClosedUntil
    limits: Limits
    delivered: DeliveredGate


def gates_of(around: Surroundings, job: Job) -> tuple[Gate, ...]:
    """List the gates for a job's offers."""
    exclusion = exclusion_of(around.setup, job)
    return (
        lambda offer: buyer_gate(around, offer),
        exclusion,
        lambda offer: schedule_gate(around, job, offer),
        lambda offer: around.closed_until(offer.delivery.buyer_id),
        lambda offer: around.delivered.reason((job.lead_id, offer.delivery.id)),
        lambda offer: around.limits.reason(job, offer.delivery, offer.price),
    )


def take(around: Surroundings, job: Job, held: Held, offer: Offer) -> None:
    """Reserve for an offer that is made what the gates counted, and note what it holds."""
    around.delivered.take((job.lead_id, offer.delivery.id))
    held[offer.delivery.id, offer.sale] = around.limits.take(job, offer.delivery, offer.price)


def buyer_gate(around: Surroundings, offer: Offer) -> str | None:
    """Only buyers that are active get leads."""
    buyer = around.setup.buyers.get(offer.delivery.buyer_id)
    return None if buyer is not None and buyer.status is Status.ACTIVE else "buyer not active"


def schedule_gate(around: Surroundings, job: Job, offer: Offer) -> str | datetime | None:
    """Delivery and buyer get leads while they are open."""
    delivery = offer.delivery
    buyer = around.setup.buyers.get(delivery.buyer_id)
    schedules = (delivery.settings.schedule, None if buyer is None else buyer.settings.schedule)
    if schedules == (None, None):
        return None
    may_hold = holds_while_closed(around.setup.campaigns[job.campaign_id], job.only)
    closing = shut(schedules, around.now, around.zone, may_hold=may_hold)
    return None if closing is None else closing.until or "schedule"


def cap_state(around: Surroundings, job: Job, delivery: Delivery) -> CapState | None:
    """Tell of the cap of a delivery, or of its buyer, that is nearest to its limit."""
    nearest = around.limits.nearest(job, delivery)
    if nearest is None:
        return None
    use, used = nearest
    return CapState(f"{use.key.owner.name.lower()} {use.key.period.words}", used, use.limit)
