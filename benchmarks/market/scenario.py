"""The market of one seed: campaigns of every method, buyers with limits of every kind, deliveries between them. Pure."""

import random
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from benchmarks.market.conduct import CENT, SILENT, Habit, Manners

DISTINCT_SIXTH = 6
PING_MILLISECONDS = 400


class Method(StrEnum):
    """What the market's campaigns are distributed by; the value is the campaign's reference."""

    WEIGHTED = "WEIGHTED"
    EVENLY = "EVENLY"
    PRIORITY = "PRIORITY"
    SHARED = "SHARED"
    HYBRID = "HYBRID"
    AUCTION = "AUCTION"


METHODS = tuple(Method)
SELL_LIMITS = {Method.SHARED: 3, Method.HYBRID: 2}
"""How many buyers may have one lead; one where nothing is said."""


class Limits(msgspec.Struct, frozen=True):
    """Most leads and most money by `hour`, `day` and `total`; an absent one is no limit."""

    leads: dict[str, int] = {}
    revenue: dict[str, Decimal] = {}

    def document(self) -> dict[str, Any]:
        """Write caps as the set-up API takes them."""
        money = {name: str(amount) for name, amount in self.revenue.items()}
        return {**self.leads, **({"revenue": money} if money else {})}


class Credit(msgspec.Struct, frozen=True):
    """How a buyer pays: prepaid with an amount in two parts, or postpaid up to an amount; `top_ups` add by themselves."""

    mode: str = "none"
    amount: Decimal = Decimal(0)
    top_up: Decimal = Decimal(0)
    top_ups: int = 0

    def document(self) -> dict[str, Any]:
        """Write credit as the set-up API takes it."""
        document: dict[str, Any] = {"mode": self.mode}
        if self.mode == "postpaid":
            document["limit"] = str(self.amount)
        if self.top_ups:
            document["top_up"] = {
                "amount": str(self.top_up), "threshold": str(self.top_up / 2), "most_per_day": self.top_ups,
            }  # fmt: skip
        return document


class BuyerPlan(msgspec.Struct, frozen=True):
    """One buyer; `most_returns` and `returns_percent` bound what it gives back."""

    index: int
    limits: Limits
    credit: Credit
    is_closed: bool
    most_returns: int | None
    returns_percent: int | None

    @property
    def bid(self) -> str:
        """Give the buyer's code."""
        return f"buyer-{self.index}"


class DeliveryPlan(msgspec.Struct, frozen=True):
    """One way from a campaign to a buyer; prices by kind of sale where `shared_price` is set."""

    index: int
    method: Method
    buyer: int
    price: Decimal
    shared_price: Decimal | None
    weight: int
    limits: Limits
    manners: Manners
    opens_soon: bool

    @property
    def moves_on(self) -> bool:
        """Tell whether leads that may be here are offered on: only where the buyer never has one."""
        return self.manners.habit in SILENT and self.manners.share == 1 and not self.manners.keeps

    def price_of(self, sale: str) -> Decimal:
        """Give the price of a kind of sale, as the buyer is told it."""
        return self.shared_price if sale == "shared" and self.shared_price is not None else self.price


class Scenario(msgspec.Struct, frozen=True):
    """A whole market."""

    seed: str
    leads: int
    buyers: tuple[BuyerPlan, ...]
    deliveries: tuple[DeliveryPlan, ...]
    campaign_limits: dict[Method, Limits]

    def of(self, method: Method) -> list[DeliveryPlan]:
        """List a campaign's deliveries."""
        return [plan for plan in self.deliveries if plan.method is method]


def make(seed: str, buyers: int, leads: int) -> Scenario:
    """Make the market of a seed; six deliveries for every five buyers, spread over six campaigns."""
    chooser = random.Random(f"{seed} {buyers} {leads}")
    each = max(2, buyers // (DISTINCT_SIXTH - 1))
    fair = max(2.0, leads / len(METHODS) / each)
    deliveries = tuple(
        _delivery(chooser, index, METHODS[index % len(METHODS)], index % buyers, fair)
        for index in range(each * len(METHODS))
    )
    prices = {plan.buyer: plan.price for plan in deliveries}
    made = tuple(_buyer(chooser, index, fair, prices.get(index, Decimal(10))) for index in range(buyers))
    share = leads // len(METHODS)
    caps = {method: Limits() for method in METHODS}
    caps[Method.PRIORITY] = Limits({"day": share * 9 // 10})
    caps[Method.SHARED] = Limits({"total": share * 8 // 10})
    caps[Method.EVENLY] = Limits(revenue={"total": Decimal(share * 7) + Decimal("0.37")})
    return Scenario(seed, leads, made, deliveries, caps)


def _delivery(chooser: random.Random, index: int, method: Method, buyer: int, fair: float) -> DeliveryPlan:
    price = (Decimal(chooser.randrange(16, 61)) / 4).quantize(CENT)
    limits = Limits()
    if chooser.random() < 0.3:
        names = chooser.sample(["hour", "day", "total"], 2)
        limits = Limits({name: _count(chooser, fair) for name in names})
    elif chooser.random() < 0.2:
        limits = Limits(revenue={chooser.choice(["hour", "day", "total"]): _money(chooser, fair, price)})
    return DeliveryPlan(
        index,
        method,
        buyer,
        price,
        (price * Decimal("0.6")).quantize(CENT) if method is Method.HYBRID else None,
        chooser.choice([1, 2, 3, 5, 10]),
        limits,
        _manners(chooser),
        opens_soon=chooser.random() < 0.04,
    )


def _manners(chooser: random.Random) -> Manners:
    habits = (
        (Habit.TAKES, 38), (Habit.REFUSES, 20), (Habit.SLOW, 8), (Habit.HANGS, 6), (Habit.TRICKLES, 5),
        (Habit.BREAKS, 6), (Habit.CUTS, 5), (Habit.BUSY, 6), (Habit.NAMES_PRICE, 6),
    )  # fmt: skip
    habit = chooser.choices([name for name, _ in habits], [weight for _, weight in habits])[0]
    if habit is Habit.TAKES:
        return Manners()
    if habit in SILENT and chooser.random() < 0.2:
        return Manners(habit, 1.0, keeps=False)
    common = habit in {Habit.REFUSES, Habit.SLOW, Habit.NAMES_PRICE}
    return Manners(habit, chooser.choice([0.1, 0.3, 0.7, 1.0] if common else [0.05, 0.1, 0.3]))


def _buyer(chooser: random.Random, index: int, fair: float, price: Decimal) -> BuyerPlan:
    limits, credit = Limits(), Credit()
    match index % 10:
        case 0:
            limits = Limits({"day": _count(chooser, fair)})
        case 1:
            limits = Limits({"hour": _count(chooser, fair), "total": _count(chooser, fair)})
        case 2:
            limits = Limits({"total": _count(chooser, fair)})
        case 3:
            limits = Limits(revenue={"day": _money(chooser, fair, price)})
        case 4:
            limits = Limits({"day": _count(chooser, fair)}, {"total": _money(chooser, fair, price)})
        case 5:
            credit = Credit("prepaid", _money(chooser, fair, price))
        case 6:
            credit = Credit("postpaid", _money(chooser, fair, price))
        case 7:
            credit = Credit("prepaid", _money(chooser, fair / 3, price), _money(chooser, fair / 4, price), 2)
        case _:
            pass
    kind = chooser.random()
    return BuyerPlan(
        index,
        limits,
        credit,
        is_closed=chooser.random() < 0.04,
        most_returns=chooser.randrange(1, 4) if kind < 0.4 else None,
        returns_percent=chooser.choice([5, 10, 20]) if kind > 0.7 else None,
    )


def _count(chooser: random.Random, fair: float) -> int:
    return max(1, round(fair * chooser.uniform(0.3, 1.3)))


def _money(chooser: random.Random, fair: float, price: Decimal) -> Decimal:
    """Give an amount that no whole number of leads comes to."""
    return price * _count(chooser, fair) + Decimal("1.37")
