"""What routing weighs: offers of a lead to deliveries, bids, and what was tried before."""

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from leadyard.campaigns.model import Delivery
from leadyard.leads.model import AttemptState


class Sale(IntEnum):
    """How a lead is offered: to one buyer alone, to several, or to one who follows another's purchase."""

    EXCLUSIVE = 1
    SHARED = 2
    LINKED = 3


class Tried(msgspec.Struct, frozen=True):
    """An attempt made before, in this pass or an earlier one; `revenue` in micro-units."""

    number: int
    delivery_id: int
    state: AttemptState
    sale: Sale = Sale.EXCLUSIVE
    revenue: int = 0


class Bid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A buyer's answer to a ping: what it would pay in micro-units (None: no bid, and why), and how it answered."""

    delivery_id: int
    buyer_id: int
    amount: int | None = None
    reason: str = ""
    reference: str = ""
    milliseconds: int = 0
    deadline_milliseconds: int = 0
    status: int | None = None
    request: str = ""
    response: str = ""


class Offer(msgspec.Struct, frozen=True):
    """A delivery that may get the lead: in which sale, for which price; `net` is what an auction compares.

    Amounts in micro-units; `reference` is the buyer's own id of its bid.
    """

    delivery: Delivery
    sale: Sale
    price: int
    bid: int | None = None
    net: int | None = None
    reference: str = ""


_TAKEN = frozenset(
    {
        AttemptState.SOLD,
        AttemptState.ASSIGNED,
        AttemptState.RETURNED,
        AttemptState.REASSIGNED,
        AttemptState.UNKNOWN,
    }
)
_OCCUPYING = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED, AttemptState.SENDING})
_SOLD = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED})


class Past:
    """What a lead's attempts mean for the next one.

    `taken`: deliveries that took it or may have, which never get it again. `done` and `waiting`: offers of this pass
    that are over, or are to be tried again. `occupied`: the places of sales that are made, under way, or may have
    been made. `attempted`: deliveries that this pass has tried, not merely passed over.
    """

    __slots__ = ("attempted", "done", "occupied", "revenue", "sold", "taken", "waiting")

    def __init__(self, tried: Iterable[Tried], after_attempt: int, moving_on: frozenset[int]) -> None:
        """Read attempts; `moving_on` are deliveries whose unknown outcomes do not hold the lead back."""
        last: dict[tuple[int, Sale], AttemptState] = {}
        self.taken: set[int] = set()
        self.sold: set[int] = set()
        self.occupied: list[tuple[int, Sale]] = []
        self.attempted: set[int] = set()
        self.revenue = 0
        for one in tried:
            state, delivery_id = one.state, one.delivery_id
            if state in _TAKEN:
                self.taken.add(delivery_id)
            if state in _SOLD:
                self.sold.add(delivery_id)
                self.revenue += one.revenue
            held = state is AttemptState.UNKNOWN and delivery_id not in moving_on
            if (state in _OCCUPYING or held) and one.sale is not Sale.LINKED:
                self.occupied.append((delivery_id, one.sale))
            if one.number > after_attempt:
                last[delivery_id, one.sale] = state
                if state is not AttemptState.SKIPPED:
                    self.attempted.add(delivery_id)
        self.waiting = {key for key, state in last.items() if state is AttemptState.WAITING}
        self.done = set(last) - self.waiting

    @property
    def is_closed(self) -> bool:
        """Tell whether somebody has the lead, or may have it, alone."""
        return any(sale is Sale.EXCLUSIVE for _, sale in self.occupied)

    def is_over(self, delivery_id: int, sale: Sale) -> bool:
        """Tell whether an offer cannot be made any more."""
        return delivery_id in self.taken or (delivery_id, sale) in self.done
