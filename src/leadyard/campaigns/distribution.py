"""How a campaign's leads are distributed, as operators write it: methods, groups, prices, margins, auctions."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.delivery.model import AnswerRules, HttpTarget

DEEPEST_GROUP = 4
MOST_MEMBERS = 500
MOST_SALES = 100

Amount = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]
Weight = Annotated[int, Meta(ge=1, le=1_000_000)]


class Method(StrEnum):
    """How a group chooses among its members (docs/leadbyte.md)."""

    STANDARD = "Standard"
    PRIORITY = "Priority"
    WEIGHTED = "Weighted"
    EVENLY_WEIGHTED = "Evenly Weighted"
    HYBRID = "Hybrid"
    AUCTION = "Auction"


class SaleTerms(StrEnum):
    """Whether a group sells a lead once, to several buyers, or in whichever of the two ways comes about."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"
    HYBRID = "hybrid"


class Others(StrEnum):
    """What becomes of automatic deliveries that an advanced distribution does not name."""

    BAR = "bar"
    AFTER = "after"


class Member(msgspec.Struct, frozen=True):
    """A place in a group: either a delivery or a group of its own; the weight counts in weighted groups."""

    delivery_id: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    group: "Group | None" = None
    weight: Weight = 1


class Group(msgspec.Struct, frozen=True):
    """Members and the method that chooses among them.

    `sell_limit` is how many of the group may take a lead (none: one where the sale is exclusive, else all).
    `best_price` lets a hybrid sale compare the best exclusive price with the sum of the shared ones.
    """

    method: Method = Method.PRIORITY
    members: Annotated[tuple[Member, ...], Meta(max_length=MOST_MEMBERS)] = ()
    sale: SaleTerms = SaleTerms.EXCLUSIVE
    sell_limit: Annotated[int, Meta(ge=1, le=MOST_SALES)] | None = None
    best_price: bool = False


class Distribution(Group, frozen=True):
    """An advanced distribution: a tree of groups, and what becomes of deliveries outside it."""

    others: Others = Others.BAR


class AuctionTerms(msgspec.Struct, frozen=True):
    """How pings are made: the time for all of them, what is kept of each bid, and how long a bid holds.

    `total_milliseconds` is the time for pings and posts together: after it no post to a further bid is begun.

    A buyer's own deadline is the time in which 95 of 100 of its last bids came, times `patience`, within the
    bounds of its delivery.
    """

    budget_milliseconds: Annotated[int, Meta(ge=50, le=30_000)] = 3000
    total_milliseconds: Annotated[int, Meta(ge=50, le=300_000)] = 30_000
    patience: Annotated[float, Meta(ge=1, le=10)] = 2.0
    margin: Amount = Decimal(0)
    margin_percent: Annotated[
        Decimal, Meta(description="Percent of each bid that is kept back, 0 to 100.")
    ] = Decimal(0)
    bid_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 120


class MarginRule(msgspec.Struct, frozen=True):
    """What a sale must leave after payout and costs; the larger of amount and percent of the price counts."""

    break_even: bool = False
    minimum: Amount = Decimal(0)
    minimum_percent: Annotated[Decimal, Meta(description="Percent of the price, 0 to 100.")] = Decimal(0)


class PingTarget(msgspec.Struct, frozen=True):
    """How a buyer is asked for a bid: an accepted answer is a bid, of `answers.revenue` or else the fixed price.

    Templates see only the fields that are marked for pings. The buyer has at least and at most so long.
    """

    http: HttpTarget
    answers: AnswerRules = AnswerRules()
    least_milliseconds: Annotated[int, Meta(ge=20, le=30_000)] = 150
    most_milliseconds: Annotated[int, Meta(ge=20, le=30_000)] = 2000
