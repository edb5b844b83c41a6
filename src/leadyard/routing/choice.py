"""Which deliveries a lead goes to next: pure, over the set-up, what was tried before, turns, bids and gates."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from leadyard.campaigns.model import Delivery
from leadyard.routing.offers import Bid, Offer, Past, Sale
from leadyard.routing.routes import Route
from leadyard.routing.trace import CapState, Considered
from leadyard.routing.turns import TurnBook

Gate = Callable[[Offer], "str | datetime | None"]
"""Whether an offer may be made now: a reason to pass the delivery over, when to look again, or None (nothing in the
way)."""


class Question(msgspec.Struct, frozen=True):
    """All that a choice depends on.

    `gates` are asked in order, the first that objects decides; `take` reserves what the gates count. `price`, `net` and `payout` work out micro-units;
    `costs` were already spent on the lead. `bids` holds every delivery that was asked for a bid in this pass.
    `only` names a manually triggered delivery. `cap` tells of the fullest cap of a delivery, for the trace.
    """

    route: Route
    past: Past
    turns: TurnBook
    gates: tuple[Gate, ...]
    take: Callable[[Offer], None]
    price: Callable[[Delivery, Sale], int]
    net: Callable[[Delivery, int], int]
    payout: Callable[[Delivery, int], int]
    cap: Callable[[Delivery], CapState | None]
    bids: Mapping[int, Bid]
    costs: int = 0
    only: int = 0
    sold_before: bool = False


class Choice(msgspec.Struct):
    """The offers to make now, all at once; or whom to ask for bids first; or when to look again; or nothing more.

    `skipped` are deliveries passed over in this pass for good, with the reason.
    """

    sends: list[Offer]
    skipped: list[tuple[Offer, str]]
    asks: list[Offer]
    closed: list[datetime]
    considered: list[Considered]
    behind: list[int]
    notes: list[str]

    @property
    def again_at(self) -> datetime | None:
        """Tell when to look again, if only deliveries are left that cannot be used just now."""
        return min(self.closed) if self.closed and not self.sends and not self.asks else None
