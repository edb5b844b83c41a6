"""What would become of a lead that is not there yet: which deliveries it matches, and what buyers bid for it.

Nothing is stored of the lead; a ping leaves its bids, so that the lead which follows it can be sold to them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.distribution import Method
from leadyard.campaigns.model import Campaign, Delivery, DeliveryKind
from leadyard.delivery import auction_store
from leadyard.delivery.auctions import Auctioneer
from leadyard.delivery.delivered import look_at_delivered, wishes_of
from leadyard.delivery.gates import Surroundings, gates_of
from leadyard.delivery.limits import Limits
from leadyard.delivery.rules import expected_payout, offered_price
from leadyard.delivery.sending import Job
from leadyard.intake.fields import InvalidValue
from leadyard.intake.judge import judge
from leadyard.intake.model import ACCEPTED, INVALID_FIELDS, Submission
from leadyard.intake.plan import CampaignPlan, Plans
from leadyard.kit import clock
from leadyard.kit.ids import new_uuid
from leadyard.leads.model import SaleStatus, Standing
from leadyard.routing.choice import Gate
from leadyard.routing.methods import MARGIN
from leadyard.routing.offers import Bid, Offer, Sale
from leadyard.routing.prices import leaves_margin, less_margin, net_bid
from leadyard.routing.routes import BARRED, Route, Routes
from leadyard.storage.database import Connection, Database


class Match(msgspec.Struct, frozen=True):
    """A delivery and whether it would get the lead; if not, why. Revenue in micro-units."""

    delivery: Delivery
    reason: str
    revenue: int


class Foreseen(msgspec.Struct, frozen=True):
    """What would become of a lead; `errors` say why the campaign would not take it at all, or which values it refuses."""

    campaign: Campaign | None
    matches: Sequence[Match] = ()
    errors: Sequence[str] = ()
    values: dict[str, str] = {}


class PingResult(msgspec.Struct, frozen=True):
    """The answer to a supplier's ping: the highest bid less margin in micro-units, zero for none.

    Without an id nobody was asked, for the reasons in `errors`.
    """

    id: UUID | None
    bid: int
    currency: str
    errors: Sequence[str] = ()


class _Prospect(msgspec.Struct):
    """A lead that is not there yet, read by its campaign's fields."""

    setup: AccountSetup
    route: Route
    job: Job
    errors: list[str]


class Prospects:
    """Foresees the routing of leads of every account."""

    def __init__(
        self, database: Database, configuration: Configuration, plans: Plans, auctioneer: Auctioneer
    ) -> None:
        """Share the process's database, set-ups, compiled campaigns and pings."""
        self._database = database
        self._configuration = configuration
        self._plans = plans
        self._auctioneer = auctioneer
        self._routes = Routes()

    async def foresee(self, submission: Submission) -> Foreseen:
        """Tell for each delivery of the campaign whether it would get the lead; changes nothing."""
        prospect = await self._read(submission)
        if isinstance(prospect, list):
            return Foreseen(None, errors=prospect)
        async with self._database.connection() as connection:
            around = await self._surroundings(connection, prospect, clock.now())
        gates = gates_of(around, prospect.job)
        campaign = prospect.route.campaign
        matches = [_match(prospect, gates, delivery) for delivery in campaign.deliveries]
        return Foreseen(campaign, matches, prospect.errors, prospect.job.fields)

    async def ping(self, submission: Submission) -> PingResult:
        """Ask the buyers that may get the lead for bids, and keep them for the lead that follows."""
        prospect = await self._read(submission)
        if isinstance(prospect, list):
            setup = await self._configuration.setup(submission.account_id)
            return PingResult(None, 0, setup.account.currency, prospect)
        campaign = prospect.route.campaign
        if prospect.errors:
            return PingResult(None, 0, campaign.settings.currency, prospect.errors)
        async with self._database.connection() as connection:
            around = await self._surroundings(connection, prospect, clock.now())
        gates = gates_of(around, prospect.job)
        offers = _open_offers(prospect, gates)
        pinged = [offer for offer in offers if offer.delivery.settings.kind is DeliveryKind.PING_POST]
        job = prospect.job
        auction = await self._auctioneer.hold(prospect.setup, campaign, job.supplier_id, job.fields, pinged)
        async with self._database.unit_of_work() as connection:
            await auction_store.save(connection, submission.account_id, [auction])
        bid = _best(prospect, gates, offers, auction.bids)
        return PingResult(auction.id, bid, campaign.settings.currency)

    async def _read(self, submission: Submission) -> "_Prospect | list[str]":
        """Read a lead as the intake would, except that it need not be complete; or say why it is refused."""
        setup = await self._configuration.current(submission.account_id)
        campaign = setup.campaign(submission.campaign)
        if campaign is None:
            return ["Campaign not found"]
        plan, now = self._plans.of(setup, campaign), clock.now()
        verdict = judge(plan, submission, submission.read(plan), now)
        if verdict.code not in (ACCEPTED, INVALID_FIELDS):
            return list(verdict.errors)
        fields, errors = _stored(plan, submission, now)
        job = Job(
            submission.account_id, 0, new_uuid(), 0, 0, campaign.id, verdict.supplier_id, None,
            submission.channel, SaleStatus.PENDING, Standing.PENDING, fields, campaign.settings.currency,
            submission.received_at, [],
        )  # fmt: skip
        return _Prospect(setup, self._routes.of(submission.account_id, campaign), job, errors)

    async def _surroundings(self, connection: Connection, prospect: _Prospect, now: datetime) -> Surroundings:
        setup, zone = prospect.setup, ZoneInfo(prospect.setup.account.time_zone)
        limits = Limits(setup, now)
        await limits.look(connection, [(prospect.job, d) for d in prospect.route.campaign.deliveries])
        chances = [(prospect.job, d) for d in prospect.route.campaign.deliveries]
        delivered = await look_at_delivered(connection, setup.account.id, wishes_of(setup, chances), now)
        return Surroundings(setup, now, zone, lambda _: None, limits, delivered)


def _stored(plan: CampaignPlan, submission: Submission, now: datetime) -> tuple[dict[str, str], list[str]]:
    """Normalise the values that are there; gives the texts of those that their fields refuse."""
    reading = submission.read(plan)
    today = now.astimezone(plan.zone).date()
    checks = {**plan.always, **{field.name: field for field in plan.fields}}
    stored: dict[str, str] = {}
    errors = list(reading.errors.values())
    for name, value in reading.values.items():
        if value and name in checks:
            try:
                stored[name] = checks[name].check(value, today)
            except InvalidValue as error:
                errors.append(str(error))
    return stored, errors


def _match(prospect: _Prospect, gates: Sequence[Gate], delivery: Delivery) -> Match:
    route = prospect.route
    home = route.homes.get(delivery.id)
    sale = Sale.EXCLUSIVE if home is None else home.kind
    price = offered_price(prospect.setup, route.campaign, prospect.job, delivery, sale)
    absent = dict(route.absent).get(delivery.id)
    if absent is None and delivery in route.barred:
        absent = BARRED
    if absent is not None:
        return Match(delivery, absent, price)
    return Match(delivery, _objection(prospect, gates, Offer(delivery, sale, price)) or "", price)


def _objection(prospect: _Prospect, gates: Sequence[Gate], offer: Offer) -> str | None:
    for gate in gates:
        verdict = gate(offer)
        if isinstance(verdict, str):
            return verdict
        if verdict is not None:
            return "not just now"
    asked = offer.delivery.settings.kind is DeliveryKind.PING_POST
    return None if asked or _leaves_margin(prospect, offer) else MARGIN


def _leaves_margin(prospect: _Prospect, offer: Offer) -> bool:
    rule = prospect.route.margins.get(offer.delivery.id)
    if rule is None or offer.sale is Sale.SHARED:
        return True
    payout = expected_payout(
        prospect.setup, prospect.route.campaign, prospect.job, offer.delivery, offer.price
    )
    return leaves_margin(rule, offer.price, payout, 0)


def _open_offers(prospect: _Prospect, gates: Sequence[Gate]) -> list[Offer]:
    """List the offers that could bring a bid: pinged deliveries, and those whose price is known before they answer."""
    route = prospect.route
    offers = []
    for id_, home in route.homes.items():
        delivery, is_auction = route.active[id_], home.method is Method.AUCTION
        if is_auction or _bids(delivery):
            price = offered_price(prospect.setup, route.campaign, prospect.job, delivery, home.kind)
            is_asked = delivery.settings.kind is DeliveryKind.PING_POST
            offers.append(Offer(delivery, home.kind, price, price if is_auction and not is_asked else None))
    return [offer for offer in offers if _objection(prospect, gates, offer) is None]


def _bids(delivery: Delivery) -> bool:
    settings = delivery.settings
    return settings.kind is DeliveryKind.PING_POST or settings.answers.revenue is None


def _best(prospect: _Prospect, gates: Sequence[Gate], offers: Sequence[Offer], bids: Sequence[Bid]) -> int:
    """Find what the supplier is told: the bid that an auction would take, less margin."""
    terms = prospect.route.campaign.settings.auction
    amounts = {bid.delivery_id: bid.amount for bid in bids}
    best: tuple[int, int] = (0, 0)
    for offer in offers:
        delivery = offer.delivery
        amount = amounts.get(delivery.id, offer.price)
        if amount is None:
            continue
        made = Offer(delivery, offer.sale, amount, amount)
        if not _leaves_margin(prospect, made) or _objection(prospect, gates, made) is not None:
            continue
        best = max(
            best, (net_bid(terms, prospect.setup.buyers, delivery, amount), less_margin(terms, amount))
        )
    return best[1]
