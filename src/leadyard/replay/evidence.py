"""What the record still says under a draft: a gate or a turn that nothing has touched was as it was.

Caps, credit, keys, breakers and turns depended on what else was under way at that moment, which is not stored. While
a delivery's terms are the same in both set-ups, and no lead that took another way has moved its counters, what the
trace says of it stands; everything else is worked out anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.distribution import Method
from leadyard.campaigns.model import Buyer, Campaign, Delivery
from leadyard.delivery.delivered import DUPLICATE
from leadyard.delivery.limits import NO_CREDIT
from leadyard.ledger.credit.model import CreditMode
from leadyard.replay.model import OfferKey
from leadyard.replay.world import Counter, Need
from leadyard.routing.methods import MARGIN, NO_BID, NOT_ALONE, NOT_ASKED
from leadyard.routing.routes import Place, Route, compile_route
from leadyard.routing.trace import CHOSEN, LATER, SKIPPED, Considered
from leadyard.routing.turns import TurnBook, TurnKey, Turns

Verdict = tuple[str | datetime | None]
"""What a gate said, in a tuple of its own: None is `nothing in the way`."""

_AFTER_GATES = frozenset({MARGIN, NO_BID, NOT_ALONE, NOT_ASKED})
_Seats = Mapping[TurnKey, tuple[Method, Mapping[str, frozenset[int]]]]


class Evidence:
    """What two set-ups have in common, and which counters and turns went another way meanwhile."""

    def __init__(self, current: AccountSetup, draft: AccountSetup) -> None:
        """Compare the set-up as it is with the one that is tried."""
        self._current = current
        self._draft = draft
        self._moved: set[Counter] = set()
        self._other_turns = {
            id_
            for id_, campaign in draft.campaigns.items()
            if id_ not in current.campaigns
            or _seats(compile_route(campaign)) != _seats(compile_route(current.campaigns[id_]))
        }
        self._terms: dict[int, tuple[bool, bool]] = {}

    def moved(self, campaign_id: int, needs: Sequence[Need]) -> None:
        """Note that counters, and a campaign's turns, are not what they were."""
        self._other_turns.add(campaign_id)
        for need in needs:
            self._moved.update(need.counters())

    def of_gate(
        self, told: Considered | None, delivery: Delivery, need: Need, now: datetime
    ) -> Verdict | None:
        """Give what the record says of a delivery that rules and hours let through; None when it says nothing."""
        if told is None:
            return None
        same_limits, same_hours = self._same(delivery)
        if not same_limits or any(counter in self._moved for counter in need.counters()):
            return None
        by_money = need.credit is not None or any(use.key.period.is_money for use in need.uses)
        if by_money and told.price != need.price:
            return None
        if told.verdict == LATER:
            return (told.until,) if same_hours and told.until is not None and told.until > now else None
        if told.verdict != SKIPPED or told.reason in _AFTER_GATES:
            return (None,)
        is_limit = told.reason in {DUPLICATE, NO_CREDIT} or " cap (" in told.reason
        return (told.reason,) if is_limit else None

    def turns(self, book: TurnBook, route: Route, verdicts: Mapping[OfferKey, Considered]) -> TurnBook:
        """Give the turns of a step: in the order in which members came, as long as the group's turns are the same."""
        if not verdicts or route.campaign.id in self._other_turns:
            return book
        return _AsItWas(book, _seats(route), verdicts)

    def _same(self, delivery: Delivery) -> tuple[bool, bool]:
        known = self._terms.get(delivery.id)
        if known is None:
            known = self._terms[delivery.id] = _compared(self._current, self._draft, delivery)
        return known


def same_hours(current: AccountSetup, draft: AccountSetup, delivery: Delivery) -> bool:
    """Tell whether a delivery, and its buyer, are open at the same times in both set-ups."""
    return _compared(current, draft, delivery)[1]


def _compared(current: AccountSetup, draft: AccountSetup, delivery: Delivery) -> tuple[bool, bool]:
    campaign, before = draft.campaigns[delivery.campaign_id], current.campaigns[delivery.campaign_id]
    old = next((each for each in before.deliveries if each.id == delivery.id), None)
    buyers = current.buyers.get(delivery.buyer_id), draft.buyers.get(delivery.buyer_id)
    if old is None:
        return False, False
    limits = _terms_of(campaign, delivery, buyers[1]) == _terms_of(before, old, buyers[0])
    hours = [each.settings.schedule if each is not None else None for each in (old, delivery, *buyers)]
    return limits, hours[0] == hours[1] and hours[2] == hours[3]


def _terms_of(campaign: Campaign, delivery: Delivery, buyer: Buyer | None) -> tuple[object, ...]:
    settings = campaign.settings
    own = None
    if buyer is not None:
        credit = buyer.settings.credit
        own = buyer.settings.caps, None if credit.mode is CreditMode.NONE else credit, buyer.settings.dedupe
    return (
        settings.caps, settings.caps_count, settings.accept_on, settings.payout, campaign.suppliers,
        delivery.settings.caps, delivery.settings.dedupe, delivery.settings.payouts, own,
    )  # fmt: skip


def _seats(route: Route) -> _Seats:
    found: dict[TurnKey, tuple[Method, Mapping[str, frozenset[int]]]] = {}
    open_places: list[Place] = [route.root]
    while open_places:
        place = open_places.pop()
        if place.turns is not None:
            found[place.turns] = place.method, {seat.key: seat.ids for seat in place.seats}
        open_places += [seat.group for seat in place.seats if seat.group is not None]
    return found


class _AsItWas(TurnBook):
    """Turns in which members come as a step took them."""

    def __init__(self, book: TurnBook, seats: _Seats, verdicts: Mapping[OfferKey, Considered]) -> None:
        super().__init__()
        self._book = book
        self._seats = seats
        self._verdicts = verdicts

    def of(self, key: TurnKey) -> Turns:
        turns, found = self._book.of(key), self._seats.get(key)
        if found is None:
            return turns
        method, ids = found
        ranks: dict[str, int] = {}
        for rank, ((delivery_id, _), told) in enumerate(self._verdicts.items(), 1):
            # An auction names the bids that lost before the one that won.
            first = method is Method.AUCTION and told.verdict == CHOSEN
            for seat, below in ids.items():
                if delivery_id in below:
                    ranks[seat] = 0 if first else min(rank, ranks.get(seat, rank))
        return _Ranked(turns.chosen, turns.level, turns.members, ranks)

    def take(self, key: TurnKey, member: str, weight: int) -> None:
        self._book.take(key, member, weight)


class _Ranked(Turns):
    """Turns whose order is known; members without a rank come behind, by turns."""

    ranks: dict[str, int] = msgspec.field(default_factory=dict)

    def evenly(self, keys: Sequence[str]) -> list[str]:
        return self._ranked(super().evenly(keys))

    def by_weight(self, keys: Sequence[str]) -> list[str]:
        return self._ranked(super().by_weight(keys))

    def _ranked(self, keys: list[str]) -> list[str]:
        return sorted(keys, key=lambda key: self.ranks.get(key, len(keys) + len(self.ranks)))
