"""A campaign's distribution compiled once per set-up: the tree of groups over the deliveries that take part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from leadyard.campaigns.distribution import (
    MOST_SALES,
    Distribution,
    Group,
    MarginRule,
    Member,
    Method,
    Others,
    SaleTerms,
)
from leadyard.campaigns.model import (
    Campaign,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Trigger,
    UnknownPolicy,
)
from leadyard.routing.offers import Sale
from leadyard.routing.turns import TurnKey

BARRED = "not in advanced distribution"
_WITH_TURNS = frozenset({Method.WEIGHTED, Method.EVENLY_WEIGHTED, Method.AUCTION})
_NO_RULE = MarginRule()


class Seat(msgspec.Struct, frozen=True):
    """A member of a compiled group: a delivery or a group, with the ids of all deliveries below it."""

    key: str
    weight: int
    ids: frozenset[int]
    delivery: Delivery | None = None
    group: "Place | None" = None


class Place(msgspec.Struct, frozen=True):
    """A compiled group; `name` is its place in the tree, `limit` how many of it may take a lead."""

    name: str
    method: Method
    sale: SaleTerms
    limit: int
    best_price: bool
    seats: tuple[Seat, ...]
    ids: frozenset[int]
    turns: TurnKey | None

    @property
    def kind(self) -> Sale:
        """Tell how the group's deliveries are offered a lead; hybrid sales decide for each lead."""
        return Sale.SHARED if self.sale is SaleTerms.SHARED else Sale.EXCLUSIVE


class Route(msgspec.Struct, frozen=True):
    """All that routing needs to know of a campaign."""

    campaign: Campaign
    root: Place
    barred: tuple[Delivery, ...]
    sweepers: tuple[Delivery, ...]
    linked: Mapping[int, tuple[Delivery, ...]]
    active: Mapping[int, Delivery]
    homes: Mapping[int, Place]
    turn_keys: tuple[TurnKey, ...]
    margins: Mapping[int, MarginRule]
    moving_on: frozenset[int]
    has_pings: bool
    absent: tuple[tuple[int, str], ...]

    def goes_on_after(self, delivery_id: int, sale: Sale) -> bool:
        """Tell whether a sale leaves something to do: others may buy too, or deliveries follow this one."""
        return sale is Sale.SHARED or delivery_id in self.linked

    @property
    def manual_sale(self) -> Sale:
        """Tell how a delivery that is triggered by hand is offered a lead."""
        return self.root.kind


def compile_route(campaign: Campaign) -> Route:
    """Compile a campaign; members that are not active deliveries of the campaign are left out."""
    active = {d.id: d for d in campaign.deliveries if d.status is DeliveryStatus.ACTIVE}
    automatic = [d for d in active.values() if d.settings.trigger is Trigger.AUTOMATIC]
    free = [d for d in automatic if d.settings.after is None and not d.settings.sweeper]
    root, barred = _tree(campaign, free)
    places = list(_places(root))
    return Route(
        campaign=campaign,
        root=root,
        barred=tuple(barred),
        sweepers=tuple(d for d in automatic if d.settings.sweeper),
        linked=_linked(automatic),
        active=active,
        homes={seat.delivery.id: p for p in places for seat in p.seats if seat.delivery is not None},
        turn_keys=tuple(sorted(p.turns for p in places if p.turns is not None)),
        margins=_margins(campaign, active.values()),
        moving_on=frozenset(
            d.id for d in campaign.deliveries if d.settings.when_unknown is UnknownPolicy.NEXT
        ),
        has_pings=any(d.settings.kind is DeliveryKind.PING_POST for d in active.values()),
        absent=tuple(_absent(campaign)),
    )


def _tree(campaign: Campaign, free: Sequence[Delivery]) -> tuple[Place, list[Delivery]]:
    distribution = campaign.settings.distribution
    if isinstance(distribution, Method):
        sale = SaleTerms.SHARED if distribution is Method.STANDARD else SaleTerms.EXCLUSIVE
        members = tuple(Member(d.id, weight=d.settings.weight) for d in free)
        distribution = Distribution(method=distribution, members=members, sale=sale, others=Others.BAR)
    by_id = {d.id: d for d in free}
    root = _place(campaign.id, distribution, "", by_id)
    left = [d for d in free if d.id not in root.ids]
    if distribution.others is Others.BAR or not left:
        return root, left
    rest = Group(members=tuple(Member(d.id) for d in left), sale=distribution.sale)
    behind = _place(campaign.id, rest, "after", by_id)
    seats = (
        Seat("first", 1, root.ids, group=root),
        Seat("after", 1, behind.ids, group=behind),
    )
    ids = root.ids | behind.ids
    return Place("all", Method.HYBRID, root.sale, root.limit, False, seats, ids, None), []


def _place(campaign_id: int, group: Group, name: str, by_id: Mapping[int, Delivery]) -> Place:
    seats = []
    for i, member in enumerate(group.members):
        if member.group is not None:
            below = _place(campaign_id, member.group, f"{name}.{i}".lstrip("."), by_id)
            if below.seats:
                seats.append(Seat(f"g{i}", member.weight, below.ids, group=below))
        elif (delivery := by_id.get(member.delivery_id or 0)) is not None:
            seats.append(Seat(f"d{delivery.id}", member.weight, frozenset({delivery.id}), delivery=delivery))
    only_once = group.sale is SaleTerms.EXCLUSIVE and group.method is not Method.HYBRID
    keeps_turns = group.method in _WITH_TURNS and len(seats) > 1
    return Place(
        name,
        group.method,
        group.sale,
        group.sell_limit or (1 if only_once else MOST_SALES),
        group.best_price,
        tuple(seats),
        frozenset().union(*(seat.ids for seat in seats)),
        (campaign_id, name) if keeps_turns else None,
    )


def _places(place: Place) -> Iterator[Place]:
    yield place
    for seat in place.seats:
        if seat.group is not None:
            yield from _places(seat.group)


def _linked(automatic: Sequence[Delivery]) -> dict[int, tuple[Delivery, ...]]:
    found: dict[int, tuple[Delivery, ...]] = {}
    for delivery in automatic:
        if delivery.settings.after is not None:
            found[delivery.settings.after] = (*found.get(delivery.settings.after, ()), delivery)
    return found


def _margins(campaign: Campaign, deliveries: Iterable[Delivery]) -> dict[int, MarginRule]:
    rules = {
        d.id: campaign.settings.margin if d.settings.margin is None else d.settings.margin for d in deliveries
    }
    return {delivery_id: rule for delivery_id, rule in rules.items() if rule != _NO_RULE}


def _absent(campaign: Campaign) -> Iterator[tuple[int, str]]:
    for delivery in campaign.deliveries:
        if delivery.status is not DeliveryStatus.ACTIVE:
            yield delivery.id, f"delivery is {delivery.status.lower()}"
        elif delivery.settings.trigger is not Trigger.AUTOMATIC:
            yield delivery.id, "triggered by hand"


class Routes:
    """The compiled distributions of this process."""

    def __init__(self) -> None:
        """Start with nothing compiled."""
        self._routes: dict[tuple[int, int], Route] = {}

    def of(self, account_id: int, campaign: Campaign) -> Route:
        """Give a campaign's route, compiling it when the campaign's set-up was loaded anew."""
        key = (account_id, campaign.id)
        route = self._routes.get(key)
        if route is None or route.campaign is not campaign:
            route = self._routes[key] = compile_route(campaign)
        return route
