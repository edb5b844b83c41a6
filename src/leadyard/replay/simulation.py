"""The replay itself: stored leads routed under a set-up by the worker's own rules, pure but for its memory."""

import heapq
import itertools
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import AcceptOn
from leadyard.delivery.delivered import DeliveredGate
from leadyard.delivery.gates import Surroundings, buyer_gate, schedule_gate
from leadyard.delivery.limits import Limits
from leadyard.delivery.retries import next_delay
from leadyard.delivery.rules import exclusion_of, expected_payout, offered_price, payout_of_sale
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.credit.model import CreditKey
from leadyard.replay.answering import answer_of, goes_on, result_of
from leadyard.replay.assuming import Assumptions
from leadyard.replay.evidence import Evidence, same_hours
from leadyard.replay.intake import Entrance
from leadyard.replay.model import Answer, Book, Outcome, PastLead
from leadyard.replay.way import Flight, Way, begin
from leadyard.replay.world import Need, World
from leadyard.routing.choice import Choice, Question
from leadyard.routing.methods import choose
from leadyard.routing.offers import Offer, Past
from leadyard.routing.prices import net_bid
from leadyard.routing.routes import Route, Routes
from leadyard.routing.turns import TurnBook

_ANSWERS, _STEPS = 0, 1
_SOON = timedelta(minutes=1)
_HALF = 0.5


class Simulation:
    """Replays one account's leads, which come in order of receipt."""

    def __init__(
        self,
        current: AccountSetup,
        draft: AccountSetup,
        world: World,
        assumptions: Assumptions,
        judged: Collection[int],
    ) -> None:
        """Take the set-up as it is and the one to be tried, with what is in memory before the first lead.

        `judged` are the campaigns that judge their leads anew.
        """
        self._current = current
        self._draft = draft
        self._zone = ZoneInfo(draft.account.time_zone)
        self._world = world
        self._assumptions = assumptions
        self._entrance = Entrance(draft, judged)
        self._evidence = Evidence(current, draft)
        self._routes = Routes()
        self._turns = TurnBook()
        self._events: list[tuple[datetime, int, int, Way | Flight]] = []
        self._numbers = itertools.count()
        self._other_hours = {
            id_
            for id_, campaign in draft.campaigns.items()
            if not all(same_hours(current, draft, delivery) for delivery in campaign.deliveries)
        }
        self.outcome = Outcome(Book(), Book())

    def add_credit(self, at: datetime, key: CreditKey, amount: int) -> None:
        """Add what a buyer paid in at an instant, in micro-units."""
        self.run_until(at)
        self._world.add_credit(key, amount)

    def add(self, lead: PastLead) -> None:
        """Let a lead come in; everything before it has happened then."""
        self.run_until(lead.received_at)
        self.outcome.leads += 1
        self._count_before(lead)
        way = begin(self._draft.account.id, lead, self._route(lead))
        if not self._entrance.lets_in(lead):
            if lead.is_valid:
                self.outcome.refused += 1
                self._leave(way, [])
            return
        if not lead.is_valid:
            self.outcome.let_in += 1
            way.is_as_it_was = False
        campaign = way.route.campaign
        if campaign.settings.accept_on is AcceptOn.SYSTEM:
            self.outcome.after.of(lead.currency, 0).payout += self._entrance.payout(lead)
        at = lead.received_at
        stored = way.stored
        if stored is not None and (campaign.id not in self._other_hours or stored.at - at < _SOON):
            at = max(stored.at, at)
        elif way.is_unfinished:
            self.outcome.unfinished += not lead.sales
            self._stop(way)
            return
        self._push(at, _STEPS, way)

    def run_until(self, at: datetime | None) -> None:
        """Let everything happen that happens up to an instant; None: everything."""
        while self._events and (at is None or self._events[0][0] <= at):
            now, _, _, what = heapq.heappop(self._events)
            if isinstance(what, Way):
                self._step(what, now)
            else:
                self._land(what, now)

    def _route(self, lead: PastLead) -> Route:
        return self._routes.of(self._draft.account.id, self._draft.campaigns[lead.campaign_id])

    def _push(self, at: datetime, kind: int, what: Way | Flight) -> None:
        heapq.heappush(self._events, (at, kind, next(self._numbers), what))

    def _count_before(self, lead: PastLead) -> None:
        before = self.outcome.before
        for sale in lead.sales:
            figures = before.of(lead.currency, sale.buyer_id)
            figures.sales += 1
            figures.revenue += sale.revenue
        by_system = self._current.campaigns[lead.campaign_id].settings.accept_on is AcceptOn.SYSTEM
        before.of(lead.currency, 0 if by_system else lead.first_buyer).payout += lead.payout

    def _step(self, way: Way, now: datetime) -> None:
        """Choose as the worker does, asking for bids on the way, and make the offers chosen."""
        taken: list[tuple[Offer, Need, Flight]] = []
        choice = self._choose(way, now, taken)
        for offer, _ in choice.skipped:
            way.try_at(offer, AttemptState.SKIPPED)
        while choice.asks:
            asked = [(offer.delivery.id, offer) for offer in choice.asks]
            way.asks({id_: way.lead.bids.get(id_) or self._assumptions.bid(o) for id_, o in asked}, now)
            choice = self._choose(way, now, taken)
            for offer, _ in choice.skipped:
                way.try_at(offer, AttemptState.SKIPPED)
        self._compare(way, [(offer, need) for offer, need, _ in taken])
        if taken:
            self._send(way, [flight for _, _, flight in taken], now)
        elif choice.again_at is not None:
            self._push(choice.again_at, _STEPS, way)
        else:
            self._stop(way)

    def _choose(self, way: Way, now: datetime, taken: list[tuple[Offer, Need, Flight]]) -> Choice:
        job, route, setup = way.job, way.route, self._draft
        campaign, told = route.campaign, way.told()
        around = Surroundings(
            setup,
            now,
            self._zone,
            lambda _: None,
            Limits(setup, now),
            DeliveredGate(job.account_id, {}, {}, now),
        )
        exclusion = exclusion_of(setup, job)

        def limits(offer: Offer) -> str | datetime | None:
            need = self._world.need(job, offer.delivery, offer.price, now)
            known = self._evidence.of_gate(
                told.get((offer.delivery.id, offer.sale)), offer.delivery, need, now
            )
            return self._world.reason(need, now) if known is None else known[0]

        def take(offer: Offer) -> None:
            need = self._world.need(job, offer.delivery, offer.price, now)
            holds = self._world.take(need, job.lead_id, now)
            taken.append((offer, need, Flight(way, offer, 0, need, holds)))

        return choose(
            Question(
                route=route,
                past=Past(job.tried, 0, route.moving_on),
                turns=self._evidence.turns(self._turns, route, told),
                gates=(
                    partial(buyer_gate, around),
                    exclusion,
                    partial(schedule_gate, around, job),
                    limits,
                ),
                take=take,
                price=partial(offered_price, setup, campaign, job),
                net=partial(net_bid, campaign.settings.auction, setup.buyers),
                payout=partial(expected_payout, setup, campaign, job),
                cap=lambda _: None,
                bids=way.bids_in_time(now),
                costs=job.costs,
                sold_before=job.sale_status is SaleStatus.SOLD,
            )
        )

    def _compare(self, way: Way, made: list[tuple[Offer, Need]]) -> None:
        """See whether a step was the stored one; from the first that was not, the lead goes its own way."""
        if not way.is_as_it_was:
            self._evidence.moved(way.route.campaign.id, [need for _, need in made])
            return
        stored = way.stored
        offers = {(offer.delivery.id, offer.sale): offer for offer, _ in made}
        if offers.keys() != (frozenset() if stored is None else stored.sends):
            self._leave(way, [need for _, need in made])
            return
        if stored is not None:
            way.step += 1
            way.last = stored.last
            others = [n for o, n in made if o.price != stored.verdicts[o.delivery.id, o.sale].price]
            if others:
                self._evidence.moved(way.route.campaign.id, others)

    def _leave(self, way: Way, needs: list[Need]) -> None:
        """Take a lead off its stored way: whatever the rest of that moved is not moved now."""
        deliveries = {delivery.id: delivery for delivery in way.route.campaign.deliveries}
        for step in way.lead.steps[way.step :]:
            for delivery_id, sale in step.sends:
                delivery = deliveries.get(delivery_id)
                if delivery is not None:
                    price = step.verdicts[delivery_id, sale].price
                    needs = [*needs, self._world.need(way.job, delivery, price, step.at)]
        way.is_as_it_was = False
        self.outcome.other_ways += 1
        self._evidence.moved(way.route.campaign.id, needs)

    def _send(self, way: Way, flights: Iterable[Flight], now: datetime) -> None:
        way.due.clear()
        way.posted_at = way.posted_at or now
        for flight in flights:
            delivery_id = flight.offer.delivery.id
            flight.place = way.try_at(flight.offer, AttemptState.SENDING)
            way.under_way += 1
            answer = answer_of(way, delivery_id)
            lands = now + timedelta(seconds=self._assumptions.seconds(delivery_id))
            if answer is not None and answer.finished_at is not None:
                lands = max(now, now + (answer.finished_at - answer.started_at))
            self._push(lands, _ANSWERS, flight)

    def _land(self, flight: Flight, now: datetime) -> None:
        """Book an answer as the worker does, and go on once the last of a step is there."""
        way, offer = flight.way, flight.offer
        delivery = offer.delivery
        answer = answer_of(way, delivery.id)
        way.asked[delivery.id] = way.asked.get(delivery.id, 0) + 1
        state, revenue = result_of(offer, answer, self._assumptions)
        due = now
        if state is AttemptState.WAITING:
            delay = next_delay(delivery.settings.retry, way.job.tries_of(delivery.id) + 1, _HALF)
            state = AttemptState.ERROR if delay is None and not way.is_as_it_was else state
            due = now + timedelta(seconds=delay or 0)
        is_first = way.job.sale_status is SaleStatus.PENDING
        payout = 0
        if state is AttemptState.SOLD:
            payout = self._sell(way, offer, answer, revenue) if is_first else 0
            self._count(way, offer, answer, revenue, payout)
        self._world.settle(
            flight.need, flight.holds, state, way.lead.id, revenue=revenue, payout=payout, is_first=is_first
        )
        way.answered(flight.place, state, revenue)
        if goes_on(way, offer, state):
            way.due.append(due)
        way.under_way -= 1
        if not way.under_way:
            self._go_on(way)

    def _sell(self, way: Way, offer: Offer, answer: Answer | None, revenue: int) -> int:
        """Make a lead sold; gives what its supplier is paid for that, in micro-units."""
        way.job.sale_status = SaleStatus.SOLD
        if answer is not None and answer.came_back:
            return way.lead.payout if way.is_as_it_was else 0
        return payout_of_sale(self._draft, way.route.campaign, offer.delivery.id, way.job, revenue)

    def _count(self, way: Way, offer: Offer, answer: Answer | None, revenue: int, payout: int) -> None:
        figures = self.outcome.after.of(way.lead.currency, offer.delivery.buyer_id)
        figures.payout += payout
        if answer is not None and answer.came_back:
            return
        figures.sales += 1
        figures.revenue += revenue
        if answer is None:
            figures.assumed_sales += 1
            figures.assumed_revenue += revenue

    def _go_on(self, way: Way) -> None:
        if not way.due or way.is_unfinished:
            self.outcome.unfinished += bool(way.due)
            self._stop(way)
            return
        stored = way.stored
        at = max(way.due)
        self._push(at if stored is None else max(stored.at, at), _STEPS, way)

    def _stop(self, way: Way) -> None:
        """End a lead's way; what people sold by hand afterwards stays sold, if the lead came that far as it did."""
        if not way.is_as_it_was:
            return
        for sale in way.lead.sales:
            if sale.number > way.last:
                figures = self.outcome.after.of(way.lead.currency, sale.buyer_id)
                figures.sales += 1
                figures.revenue += sale.revenue
                by_system = way.route.campaign.settings.accept_on is AcceptOn.SYSTEM
                if way.job.sale_status is SaleStatus.PENDING and not by_system:
                    figures.payout += way.lead.payout
                way.job.sale_status = SaleStatus.ASSIGNED
