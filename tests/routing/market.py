"""Campaigns made by hand for the pure rules of routing, without a database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from leadyard.campaigns.distribution import Distribution, Group, Member, Method, PingTarget
from leadyard.campaigns.model import (
    Buyer,
    Campaign,
    CampaignSettings,
    Delivery,
    DeliveryKind,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    Status,
    SupplierTerms,
)
from leadyard.delivery.model import HttpTarget
from leadyard.leads.model import AttemptState
from leadyard.routing.choice import Choice, Gate, Question
from leadyard.routing.methods import choose
from leadyard.routing.offers import Bid, Offer, Past, Sale, Tried
from leadyard.routing.prices import net_bid, payout_of, price_of
from leadyard.routing.routes import compile_route
from leadyard.routing.turns import TurnBook

TARGET = HttpTarget(url="https://buyer.example.com/ping")


def delivery(number: int, **settings: Any) -> Delivery:
    """An active delivery to a buyer of its own; its revenue is 10 unless said otherwise."""
    status = settings.pop("status", DeliveryStatus.ACTIVE)
    usual = {"revenue": Decimal(10), **settings}
    return Delivery(number, 1, 100 + number, f"to {number}", status, DeliverySettings(**usual))


def pinged(number: int, **settings: Any) -> Delivery:
    """A delivery that is asked for a bid."""
    return delivery(number, kind=DeliveryKind.PING_POST, http=TARGET, ping=PingTarget(TARGET), **settings)


def campaign(
    deliveries: Iterable[Delivery], distribution: Method | Distribution = Method.PRIORITY, **settings: Any
) -> Campaign:
    """A campaign that pays its supplier 4 for a sold lead."""
    usual = {"payout": Payout(amount=Decimal(4)), "distribution": distribution, **settings}
    ordered = tuple(sorted(deliveries, key=lambda d: (d.settings.priority, d.id)))
    return Campaign(
        1, "CARS", "Cars", Status.ACTIVE, CampaignSettings(**usual),
        suppliers={1: SupplierTerms()}, deliveries=ordered,
    )  # fmt: skip


def group(*members: int | Group, **changes: Any) -> Group:
    """A group of deliveries, by id, and groups."""
    return Group(members=tuple(_member(m) for m in members), **changes)


def tree(*members: int | Group, **changes: Any) -> Distribution:
    """An advanced distribution."""
    return Distribution(members=tuple(_member(m) for m in members), **changes)


def _member(member: int | Group) -> Member:
    return Member(group=member) if isinstance(member, Group) else Member(member)


class Lead:
    """A lead that is routed step by step; answers are given by the test."""

    def __init__(
        self,
        of: Campaign,
        book: TurnBook | None = None,
        gate: Callable[[Offer], str | datetime | None] | None = None,
        costs: int = 0,
    ) -> None:
        self.route = compile_route(of)
        self.book = TurnBook() if book is None else book
        self.gates: tuple[Gate, ...] = () if gate is None else (gate,)
        self.tried: list[Tried] = []
        self.bids: dict[int, Bid] = {}
        self.costs = costs
        self.buyers: dict[int, Buyer] = {}
        self.last: Choice | None = None

    def step(self, only: int = 0) -> Choice:
        """Choose, and write the attempts as a worker would."""
        of = self.route.campaign
        past = Past(self.tried, 0, self.route.moving_on)
        choice = choose(
            Question(
                route=self.route, past=past, turns=self.book, gates=self.gates, take=lambda _: None,
                price=partial(price_of, of),
                net=partial(net_bid, of.settings.auction, self.buyers), payout=lambda _, price: payout_of(of, 1, price),
                cap=lambda _: None, bids=self.bids, costs=self.costs, only=only,
            )
        )  # fmt: skip
        for offer, _ in choice.skipped:
            self._write(offer, AttemptState.SKIPPED)
        for offer in choice.sends:
            self._write(offer, AttemptState.SENDING)
        self.last = choice
        return choice

    def _write(self, offer: Offer, state: AttemptState) -> None:
        revenue = offer.price if state is AttemptState.SENDING else 0
        self.tried.append(Tried(len(self.tried) + 1, offer.delivery.id, state, offer.sale, revenue))

    def answer(self, state: AttemptState, only: Iterable[int] | None = None) -> None:
        """Let the attempts under way end."""
        self.tried = [
            Tried(t.number, t.delivery_id, state, t.sale, t.revenue if state is AttemptState.SOLD else 0)
            if t.state is AttemptState.SENDING and (only is None or t.delivery_id in only)
            else t
            for t in self.tried
        ]

    def bid(self, amounts: Mapping[int, str | None]) -> None:
        """Let the buyers that were asked bid."""
        for number, amount in amounts.items():
            micros = None if amount is None else int(Decimal(amount) * 1_000_000)
            self.bids[number] = Bid(number, 100 + number, micros, "" if amount else "no thanks")

    def run(self, accepts: Callable[[int, Sale], bool]) -> list[int]:
        """Route to the end; gives the deliveries that took the lead, in order."""
        taken: list[int] = []
        for _ in range(500):
            choice = self.step()
            if not choice.sends:
                return taken
            for offer in choice.sends:
                sold = accepts(offer.delivery.id, offer.sale)
                taken += [offer.delivery.id] if sold else []
                self.answer(AttemptState.SOLD if sold else AttemptState.REJECTED, [offer.delivery.id])
        raise AssertionError("the lead never comes to an end")


def ids(choice: Choice) -> list[int]:
    """The deliveries of the offers that are made."""
    return [offer.delivery.id for offer in choice.sends]


def reasons(choice: Choice) -> dict[int, str]:
    """Why deliveries were passed over."""
    return {offer.delivery.id: reason for offer, reason in choice.skipped}
