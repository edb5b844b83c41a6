"""What may stand in the way of a delivery now: the gates of one batch, in the order in which they are asked.

A gate takes an offer of a job and gives a reason to pass the delivery over, the instant at which to look again, or
None. A new gate is a function here and a line in `gates_of`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Delivery, Status
from leadyard.delivery.rules import exclusion_of
from leadyard.delivery.sending import Job
from leadyard.routing.caps import CapGate, CapOwner, CapUse, cap_uses
from leadyard.routing.choice import Gate
from leadyard.routing.offers import Offer
from leadyard.routing.trace import CapState

ClosedUntil = Callable[[int], datetime | None]
"""When a buyer whose circuit breaker is open may be called again; None when it may be called now."""


class Surroundings(msgspec.Struct, frozen=True):
    """What the gates of a batch look at; `caps` are held locked, `uses` are the counters by delivery id."""

    setup: AccountSetup
    now: datetime
    zone: ZoneInfo
    closed_until: ClosedUntil
    caps: CapGate
    uses: Mapping[int, Sequence[CapUse]]


def gates_of(around: Surroundings, job: Job) -> tuple[Gate, ...]:
    """List the gates for a job's offers."""
    exclusion = exclusion_of(around.setup, job)
    return (
        lambda offer: buyer_gate(around, offer),
        lambda offer: exclusion(offer.delivery),
        lambda offer: around.closed_until(offer.delivery.buyer_id),
        lambda offer: cap_gate(around, offer),
    )


def take(around: Surroundings, offer: Offer) -> None:
    """Reserve for an offer that is made what the gates counted."""
    around.caps.take(around.uses[offer.delivery.id])


def buyer_gate(around: Surroundings, offer: Offer) -> str | None:
    """Only buyers that are active get leads."""
    buyer = around.setup.buyers.get(offer.delivery.buyer_id)
    return None if buyer is not None and buyer.status is Status.ACTIVE else "buyer not active"


def cap_gate(around: Surroundings, offer: Offer) -> str | None:
    """Delivery and buyer get no more than their caps allow."""
    full = around.caps.full(around.uses[offer.delivery.id])
    if full is None:
        return None
    return f"{full.key.owner.name.lower()} cap ({full.key.period.name.lower()})"


def cap_state(around: Surroundings, delivery: Delivery) -> CapState | None:
    """Tell of the cap of a delivery, or of its buyer, that is nearest to its limit."""
    uses = around.uses.get(delivery.id)
    if not uses:
        return None
    used, use = min(((around.caps.used(use), use) for use in uses), key=lambda pair: pair[1].limit - pair[0])
    return CapState(f"{use.key.owner.name.lower()} {use.key.period.name.lower()}", used, use.limit)


def delivery_caps(setup: AccountSetup, delivery: Delivery, now: datetime, zone: ZoneInfo) -> list[CapUse]:
    """List the counters that one lead sent by a delivery raises: the delivery's and its buyer's."""
    account_id = setup.account.id
    uses = cap_uses(account_id, delivery.settings.caps, CapOwner.DELIVERY, delivery.id, 0, at=now, zone=zone)
    buyer = setup.buyers.get(delivery.buyer_id)
    if buyer is not None:
        uses += cap_uses(account_id, buyer.settings.caps, CapOwner.BUYER, buyer.id, 0, at=now, zone=zone)
    return uses
