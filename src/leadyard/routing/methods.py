"""The methods of distribution, walked over a campaign's tree of groups (docs/distribution.md).

Priority goes top down; hybrid goes through its groups in order; standard offers to all at once up to the limit;
weighted and evenly weighted go by turns; auctions by bids. Each step makes one choice, for what follows depends on
the answer to it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from leadyard.campaigns.distribution import MOST_SALES, Method, SaleTerms
from leadyard.campaigns.model import Delivery, DeliveryKind
from leadyard.kit.money import from_micros, plain
from leadyard.routing.choice import Choice, Question
from leadyard.routing.offers import Offer, Sale
from leadyard.routing.prices import leaves_margin
from leadyard.routing.routes import BARRED, Place, Seat
from leadyard.routing.trace import ASKED, CHOSEN, LATER, OUTBID, SKIPPED, Considered

NO_BID = "no bid"
NOT_ASKED = "not asked for a bid"
MARGIN = "margin"
NOT_ALONE = "the lead is sold already"


def choose(question: Question) -> Choice:
    """Choose the next step of a lead's way; moves the turns of groups that chose."""
    walk = _Walk(question)
    if question.only:
        walk.only(question.only)
    else:
        walk.whole()
    return walk.choice


class _Walk:
    """One walk over a route, until something is chosen."""

    def __init__(self, question: Question) -> None:
        self._ask = question
        self._past = question.past
        self.choice = Choice([], [], [], [], [], [], [])
        self._verdicts: dict[tuple[int, Sale], bool] = {}

    def only(self, delivery_id: int) -> None:
        """Take a delivery that is triggered by hand, then those that follow it."""
        route = self._ask.route
        delivery = route.active.get(delivery_id)
        if delivery is None:
            return
        if not self._made(self._consider([delivery], route.manual_sale)):
            linked = route.linked.get(delivery_id, ()) if delivery_id in self._past.sold else ()
            self._made(self._consider(linked, Sale.LINKED))

    def whole(self) -> None:
        """Take whatever the distribution names next."""
        route, past = self._ask.route, self._past
        after = [d for id_ in sorted(past.sold & route.linked.keys()) for d in route.linked[id_]]
        if after and self._made(self._consider(after, Sale.LINKED)):
            return
        if past.is_closed or (self._ask.sold_before and not past.occupied):
            return
        has_room = self._used(route.root) < route.root.limit
        if has_room and (self._waiting() or self._visit(route.root, MOST_SALES)):
            self._behind()
            return
        if not past.occupied and not self.choice.closed:
            if self._made(self._consider(route.sweepers, Sale.EXCLUSIVE)):
                return
            for delivery in route.barred:
                if not past.is_over(delivery.id, Sale.EXCLUSIVE):
                    self._skip(Offer(delivery, Sale.EXCLUSIVE, 0), BARRED)

    def _made(self, offers: Iterable[Offer]) -> bool:
        """Make the first offer that nothing stands in the way of."""
        for offer in offers:
            if self._is_open(offer) and self._bid_is_known(offer):
                return self._send(offer)
        return bool(self.choice.asks)

    def _waiting(self) -> bool:
        """Try again first what was surely not taken."""
        route = self._ask.route
        for delivery_id, sale in sorted(self._past.waiting):
            home = route.homes.get(delivery_id)
            if home is not None and sale is not Sale.LINKED:
                offers = self._consider([route.active[delivery_id]], sale)
                if self._made(offers):
                    return True
        return False

    def _consider(self, deliveries: Iterable[Delivery], sale: Sale) -> list[Offer]:
        """Price the offers that can still be made."""
        past, price = self._past, self._ask.price
        return [Offer(d, sale, price(d, sale)) for d in deliveries if not past.is_over(d.id, sale)]

    def _visit(self, place: Place, room: int) -> bool:
        """Go through a group in its order; True when the step is decided."""
        room = min(room, place.limit - self._used(place))
        if room <= 0:
            return False
        if place.sale is SaleTerms.HYBRID:
            return self._either_sale(place, room)
        if place.method is Method.AUCTION:
            return self._auction(place)
        potential = self._potential(place, room) if place.sale is SaleTerms.SHARED else None
        before = len(self.choice.sends)
        for seat in self._in_order(place):
            made = self._sit(place, seat, room - (len(self.choice.sends) - before), potential)
            if self.choice.asks and not self.choice.sends:
                return True
            if made and (place.method is not Method.STANDARD or self._is_exclusive()):
                return True
            if len(self.choice.sends) - before >= room:
                return True
        return len(self.choice.sends) > before

    def _sit(self, place: Place, seat: Seat, room: int, potential: int | None) -> bool:
        sent = len(self.choice.sends)
        if seat.group is not None:
            self._visit(seat.group, room)
        elif seat.delivery is not None:
            for offer in self._consider([seat.delivery], place.kind):
                if self._is_open(offer, potential) and self._bid_is_known(offer):
                    self._send(offer)
        made = len(self.choice.sends) > sent
        if made:
            self._take_turn(place, seat)
        return made

    def _is_exclusive(self) -> bool:
        return any(offer.sale is Sale.EXCLUSIVE for offer in self.choice.sends)

    def _used(self, place: Place) -> int:
        """Count the places of sales that a group has given away, under way ones included."""
        if not self._past.occupied and not self.choice.sends:
            return 0
        before = sum(id_ in place.ids for id_, _ in self._past.occupied)
        return before + sum(offer.delivery.id in place.ids for offer in self.choice.sends)

    def _in_order(self, place: Place) -> Sequence[Seat]:
        if place.turns is None:
            return place.seats
        turns = self._ask.turns.of(place.turns)
        by_key = {seat.key: seat for seat in place.seats}
        keys = list(by_key)
        ordered = turns.by_weight(keys) if place.method is Method.WEIGHTED else turns.evenly(keys)
        return [by_key[key] for key in ordered]

    def _take_turn(self, place: Place, seat: Seat) -> None:
        """Move a member's turn, once for each lead, however many of its deliveries the lead is offered to."""
        if place.turns is not None and not (seat.ids & self._past.attempted):
            self._ask.turns.take(place.turns, seat.key, seat.weight)

    def _auction(self, place: Place) -> bool:
        """Ask for bids, or offer to whoever bids most after margin and penalty; equal bids take turns."""
        offers = [
            (seat, offer)
            for seat in self._in_order(place)
            if seat.delivery is not None
            for offer in map(_with_fixed_bid, self._consider([seat.delivery], place.kind))
            if self._passes(offer)
        ]
        pinged = [o for _, o in offers if o.delivery.settings.kind is DeliveryKind.PING_POST]
        if pinged and not (place.ids & self._ask.bids.keys()):
            self._ask_for_bids([offer for _, offer in offers])
            return True
        bidding = [(seat, bid) for seat, offer in offers if (bid := self._with_bid(offer)) is not None]
        bidding.sort(key=lambda pair: -(pair[1].net or 0))
        for i, (seat, offer) in enumerate(bidding):
            if not self._leaves_margin(offer, None):
                self._skip(offer, MARGIN)
            elif self._affords(offer):
                for _, lower in bidding[i + 1 :]:
                    self._note(lower, OUTBID)
                self._take_turn(place, seat)
                return self._send(offer)
        return False

    def _ask_for_bids(self, offers: Sequence[Offer]) -> None:
        for offer in offers:
            if offer.delivery.settings.kind is DeliveryKind.PING_POST:
                self.choice.asks.append(offer)
                self._note(offer, ASKED)

    def _with_bid(self, offer: Offer) -> Offer | None:
        """Put a buyer's bid into its offer; a fixed price is a bid that needs no asking."""
        delivery = offer.delivery
        if delivery.settings.kind is not DeliveryKind.PING_POST:
            amount, reference = offer.price, ""
        else:
            bid = self._ask.bids.get(delivery.id)
            if bid is None or bid.amount is None:
                self._skip(offer, NOT_ASKED if bid is None else bid.reason or NO_BID)
                return None
            amount, reference = bid.amount, bid.reference
        net = self._ask.net(delivery, amount)
        made = Offer(delivery, offer.sale, amount, amount, net, reference)
        if net <= 0:
            self._skip(made, MARGIN)
            return None
        return made

    def _either_sale(self, place: Place, room: int) -> bool:
        """Sell alone or to several: alone first, or whichever brings more where the best price is asked for."""
        deliveries = [seat.delivery for seat in self._in_order(place) if seat.delivery is not None]
        alone = [] if self._past.occupied else [d for d in deliveries if _sells(d, Sale.EXCLUSIVE)]
        several = [d for d in deliveries if _sells(d, Sale.SHARED)]
        exclusive = self._consider(alone, Sale.EXCLUSIVE)
        shared = self._consider(several, Sale.SHARED)
        potential = self._sum_of_best(shared, room)
        shared_first = False
        if place.best_price:
            exclusive.sort(key=lambda offer: -offer.price)
            shared.sort(key=lambda offer: -offer.price)
            best = next((offer.price for offer in exclusive if self._passes(offer)), 0)
            shared_first = potential > best
            if exclusive and shared:
                self._compare_sales(potential, best)
        elif exclusive and shared:
            # Nothing is decided by it, so nobody is passed over for it.
            best = max((offer.price for offer in exclusive if self._could_pass(offer)), default=0)
            if potential > best > 0:
                self._compare_sales(potential, best, "; the exclusive one goes first all the same")
        phases = (
            [(shared, potential), (exclusive, None)]
            if shared_first
            else [(exclusive, None), (shared, potential)]
        )
        return any(self._phase(place, offers, room, worth) for offers, worth in phases)

    def _compare_sales(self, shared: int, alone: int, then: str = "") -> None:
        """Say in the trace what the two ways of a hybrid sale would bring; amounts in micro-units."""
        word = "more" if shared > alone else "no more"
        currency = self._ask.route.campaign.settings.currency
        sums = " against ".join(f"{plain(from_micros(amount))} {currency}" for amount in (shared, alone))
        self.choice.notes.append(f"shared sales bring {word} than the exclusive one: {sums}{then}")

    def _could_pass(self, offer: Offer) -> bool:
        """Tell whether nothing stands in an offer's way, without a word in the trace."""
        return all(gate(offer) is None for gate in self._ask.gates)

    def _phase(self, place: Place, offers: Sequence[Offer], room: int, potential: int | None) -> bool:
        seats = {seat.delivery.id: seat for seat in place.seats if seat.delivery is not None}
        for offer in offers:
            if self._is_open(offer, potential) and self._bid_is_known(offer):
                self._take_turn(place, seats[offer.delivery.id])
                self._send(offer)
                room -= 1
                if place.method is not Method.STANDARD or offer.sale is Sale.EXCLUSIVE or room <= 0:
                    return True
            if self.choice.asks and not self.choice.sends:
                return True
        return bool(self.choice.sends)

    def _potential(self, place: Place, room: int) -> int:
        """Add up what a group's shared sales can bring together: a payout is owed once for all of them."""
        if not self._ask.route.margins:
            return 0
        own = [seat.delivery for seat in place.seats if seat.delivery is not None]
        return self._sum_of_best(self._consider(own, Sale.SHARED), room)

    def _sum_of_best(self, offers: Sequence[Offer], room: int) -> int:
        prices = sorted((offer.price for offer in offers if self._passes(offer)), reverse=True)
        return self._past.revenue + sum(prices[:room])

    def _is_open(self, offer: Offer, potential: int | None = None) -> bool:
        """Tell whether an offer can be made: nothing in its way, and enough left of its price."""
        if not self._passes(offer):
            return False
        if offer.sale is Sale.EXCLUSIVE and (self._past.occupied or self.choice.sends) and not self._ask.only:
            self._note(offer, SKIPPED, NOT_ALONE)
            return False
        if offer.delivery.settings.kind is DeliveryKind.PING_POST or self._leaves_margin(offer, potential):
            return True
        self._skip(offer, MARGIN)
        return False

    def _bid_is_known(self, offer: Offer) -> bool:
        """Outside auctions a delivery that is pinged is asked when its turn comes."""
        if offer.delivery.settings.kind is not DeliveryKind.PING_POST:
            return True
        bid = self._ask.bids.get(offer.delivery.id)
        if bid is None:
            if not self.choice.sends:
                self._ask_for_bids([offer])
            return False
        made = self._with_bid(offer)
        if made is not None and not self._leaves_margin(made, None):
            self._skip(made, MARGIN)
            return False
        return made is not None and self._affords(made)

    def _passes(self, offer: Offer) -> bool:
        """Ask the gates, once for each offer of a step, and again when others have been chosen meanwhile."""
        key = (offer.delivery.id, offer.sale)
        known = self._verdicts.get(key)
        if known is False or (known and not self.choice.sends):
            return known
        self._verdicts[key] = self._gates_are_open(offer)
        return self._verdicts[key]

    def _affords(self, offer: Offer) -> bool:
        """Ask again at the price that was bid: caps and credit may have room for the usual one and none for it."""
        fixed = offer.delivery.settings.kind is not DeliveryKind.PING_POST
        return fixed or self._gates_are_open(offer)

    def _gates_are_open(self, offer: Offer) -> bool:
        verdict: str | datetime | None = None
        for gate in self._ask.gates:
            verdict = gate(offer)
            if verdict is not None:
                break
        if isinstance(verdict, str):
            self._skip(offer, verdict)
        elif verdict is not None:
            self.choice.closed.append(verdict)
            self._note(offer, LATER, until=verdict)
        return verdict is None

    def _leaves_margin(self, offer: Offer, potential: int | None) -> bool:
        rule = self._ask.route.margins.get(offer.delivery.id)
        if rule is None or self._past.sold:
            return True
        worth = offer.price if potential is None else potential
        payout = 0 if offer.sale is Sale.LINKED else self._ask.payout(offer.delivery, offer.price)
        return leaves_margin(rule, worth, payout, self._ask.costs)

    def _send(self, offer: Offer) -> bool:
        if offer.delivery.settings.kind is DeliveryKind.PING_POST and offer.bid is None:
            offer = self._with_bid(offer) or offer
        self._note(offer, CHOSEN)
        self._ask.take(offer)
        self.choice.sends.append(offer)
        return True

    def _skip(self, offer: Offer, reason: str) -> None:
        self.choice.skipped.append((offer, reason))
        self._note(offer, SKIPPED, reason)

    def _note(self, offer: Offer, verdict: str, reason: str = "", until: datetime | None = None) -> None:
        delivery = offer.delivery
        self.choice.considered.append(
            Considered(
                delivery.id,
                verdict,
                reason,
                offer.sale,
                offer.price,
                offer.bid,
                offer.net,
                self._ask.cap(delivery),
                until,
            )
        )

    def _behind(self) -> None:
        """Tell who was not reached."""
        ids = self._ask.route.homes
        if len(ids) > 1:
            seen = {one.delivery_id for one in self.choice.considered} | self._past.taken
            seen |= {delivery_id for delivery_id, _ in self._past.done}
            self.choice.behind += [delivery_id for delivery_id in ids if delivery_id not in seen]


def _with_fixed_bid(offer: Offer) -> Offer:
    """In an auction the price of a delivery that is not asked is its bid."""
    if offer.delivery.settings.kind is DeliveryKind.PING_POST:
        return offer
    return Offer(offer.delivery, offer.sale, offer.price, offer.price)


def _sells(delivery: Delivery, sale: Sale) -> bool:
    """Tell whether a delivery takes part in a kind of sale: one that names a single price only in that kind."""
    alone, several = delivery.settings.exclusive_price, delivery.settings.shared_price
    if alone is None and several is None:
        return True
    return (alone if sale is Sale.EXCLUSIVE else several) is not None
