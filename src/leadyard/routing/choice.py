"""Which delivery a lead goes to next: pure, over the set-up, what was tried before, and what has room."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.model import Buyer, Delivery, DeliveryStatus, Status, Trigger, UnknownPolicy
from leadyard.leads.model import AttemptState

_TAKEN = frozenset(
    {
        AttemptState.SOLD,
        AttemptState.ASSIGNED,
        AttemptState.RETURNED,
        AttemptState.REASSIGNED,
        AttemptState.UNKNOWN,
    }
)


class Tried(msgspec.Struct, frozen=True):
    """An attempt made before, in this pass or an earlier one."""

    number: int
    delivery_id: int
    state: AttemptState


class Choice(msgspec.Struct):
    """The delivery to use now, or None; who was passed over and why; when to look again if nothing is open now."""

    delivery: Delivery | None
    skipped: list[tuple[Delivery, str]]
    again_at: datetime | None = None


class Gates(msgspec.Struct, frozen=True):
    """What may stand in the way of a delivery: each tells a reason, or when the buyer may be called again."""

    cap: Callable[[Delivery], str | None]
    closed_until: Callable[[Delivery], datetime | None]


def candidates(
    deliveries: Iterable[Delivery], tried: Sequence[Tried], after_attempt: int, only: int = 0
) -> list[Delivery]:
    """List the deliveries that are still open to a lead, in order; `only` names a manually triggered one.

    A delivery that took the lead, or may have, is never tried again; one that was tried in this pass is done
    unless its last attempt waits for another try.
    """
    last: dict[int, Tried] = {}
    taken = set()
    for attempt in tried:
        if attempt.state in _TAKEN:
            taken.add(attempt.delivery_id)
        if attempt.number > after_attempt:
            last[attempt.delivery_id] = attempt
    done = {id_ for id_, attempt in last.items() if attempt.state is not AttemptState.WAITING} | taken
    wanted = [d for d in deliveries if d.status is DeliveryStatus.ACTIVE and d.id not in done]
    if only:
        return [d for d in wanted if d.id == only]
    open_ones = [d for d in wanted if d.settings.trigger is Trigger.AUTOMATIC]
    waiting = {id_ for id_, attempt in last.items() if attempt.state is AttemptState.WAITING}
    return sorted(open_ones, key=lambda d: (d.id not in waiting, d.settings.priority, d.id))


def is_held(deliveries: Mapping[int, Delivery], tried: Sequence[Tried]) -> bool:
    """Tell whether a lead waits for a person because a buyer may have taken it."""
    for attempt in tried:
        if attempt.state is AttemptState.UNKNOWN:
            delivery = deliveries.get(attempt.delivery_id)
            if delivery is None or delivery.settings.when_unknown is UnknownPolicy.HOLD:
                return True
    return False


def choose(open_ones: Sequence[Delivery], buyers: Mapping[int, Buyer], gates: Gates) -> Choice:
    """Take the first open delivery whose buyer is active and reachable and whose caps have room.

    When only buyers that cannot be called just now are left, nobody is passed over for good: look again later.
    """
    skipped: list[tuple[Delivery, str]] = []
    closed: list[datetime] = []
    for delivery in open_ones:
        buyer = buyers.get(delivery.buyer_id)
        until = gates.closed_until(delivery)
        if buyer is None or buyer.status is not Status.ACTIVE:
            skipped.append((delivery, "buyer not active"))
        elif until is not None:
            closed.append(until)
        elif (full := gates.cap(delivery)) is not None:
            skipped.append((delivery, full))
        else:
            return Choice(delivery, skipped)
    if closed:
        return Choice(None, skipped, min(closed))
    return Choice(None, skipped)
