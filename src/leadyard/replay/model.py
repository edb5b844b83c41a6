"""The values of a replay: leads as they went, what is assumed of buyers, and the figures before and after."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from leadyard.leads.model import AttemptState
from leadyard.routing.offers import Bid, Sale
from leadyard.routing.trace import Considered

OfferKey = tuple[int, Sale]
"""A delivery and the kind of sale in which it is offered a lead."""


class Untried(StrEnum):
    """What a delivery is taken to answer to a lead that it never got: as often yes as it did, always yes, never."""

    SHARE = "share"
    ACCEPT = "accept"
    REJECT = "reject"


class Answer(msgspec.Struct, frozen=True):
    """How a delivery answered a lead; amounts in micro-units.

    SOLD with `came_back` is a sale that was returned later: it took the lead's place, and earns nothing.
    """

    state: AttemptState
    offer: int
    revenue: int
    started_at: datetime
    finished_at: datetime | None
    came_back: bool = False


class Step(msgspec.Struct, frozen=True):
    """One step of a lead's way as it was: when, whom it was offered to, and what was said of each delivery.

    `last` is the number of the step's last attempt.
    """

    at: datetime
    last: int
    sends: frozenset[OfferKey]
    verdicts: Mapping[OfferKey, Considered]


class HandSale(msgspec.Struct, frozen=True):
    """A sale that is no answer to an automatic step: its buyer and what it earned, in micro-units."""

    number: int
    buyer_id: int
    revenue: int


class PastLead(msgspec.Struct, frozen=True):
    """A stored lead with its way through the exchange; amounts in micro-units.

    `first_buyer` took it first (0: nobody). `answers` are in order by delivery; `final` has the verdicts of last steps that led to no attempt, by the number
    of the attempt before them.
    """

    id: int
    uuid: UUID
    campaign_id: int
    supplier_id: int | None
    channel: int
    is_valid: bool
    fields: dict[str, str]
    currency: str
    received_at: datetime
    payout: int
    costs: int
    first_buyer: int = 0
    steps: tuple[Step, ...] = ()
    answers: Mapping[int, tuple[Answer, ...]] = {}
    final: Mapping[int, Mapping[OfferKey, Considered]] = {}
    sales: tuple[HandSale, ...] = ()
    bids: Mapping[int, Bid] = {}


class Habit(msgspec.Struct, frozen=True):
    """What a delivery did in the window: leads answered and taken, its mean bid, and how long an answer took.

    `revenue` is what it paid together, in micro-units; `bid` None where it never bid.
    """

    asked: int = 0
    taken: int = 0
    revenue: int = 0
    seconds: float = 0.0
    bid: int | None = None


class Figures(msgspec.Struct):
    """Sales and money in micro-units; `assumed` sales are answers that nobody ever gave."""

    sales: int = 0
    revenue: int = 0
    payout: int = 0
    assumed_sales: int = 0
    assumed_revenue: int = 0

    @property
    def profit(self) -> int:
        """Give what is left of the revenue after payouts."""
        return self.revenue - self.payout

    def add(self, other: "Figures") -> None:
        """Add other figures to these."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


FigureKey = tuple[str, int]
"""A currency and a buyer; buyer 0 for payouts that no sale caused."""


class Book:
    """Figures by currency and buyer."""

    def __init__(self) -> None:
        """Start at zero."""
        self.by_buyer: dict[FigureKey, Figures] = {}

    def of(self, currency: str, buyer_id: int) -> Figures:
        """Give a buyer's figures, to be added to."""
        return self.by_buyer.setdefault((currency, buyer_id), Figures())

    def total(self, currency: str) -> Figures:
        """Sum up a currency."""
        total = Figures()
        for (each, _), figures in self.by_buyer.items():
            if each == currency:
                total.add(figures)
        return total


class Outcome(msgspec.Struct):
    """What a replay found: figures as they were and as they would be, and how many leads took another way."""

    before: Book
    after: Book
    leads: int = 0
    other_ways: int = 0
    refused: int = 0
    let_in: int = 0
    unfinished: int = 0
