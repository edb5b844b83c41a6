"""What a distribution and the prices of a delivery must satisfy beyond the types of their members."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from leadyard.campaigns.distribution import (
    DEEPEST_GROUP,
    MOST_MEMBERS,
    AuctionTerms,
    Distribution,
    Group,
    MarginRule,
    Method,
    PingTarget,
    SaleTerms,
)
from leadyard.delivery.answers import check_rules
from leadyard.delivery.transports.http import check_target
from leadyard.kit.errors import FieldProblem

_HUNDRED = Decimal(100)


def distribution_problems(path: str, distribution: Method | Distribution) -> list[FieldProblem]:
    """Name everything that is wrong with a distribution."""
    if isinstance(distribution, Method):
        return []
    problems = list(_group_problems(path, distribution, 1))
    named = [delivery_id for _, delivery_id in deliveries_named(path, distribution)]
    if len(named) > MOST_MEMBERS:
        problems.append(FieldProblem(path, f"names more than {MOST_MEMBERS} deliveries"))
    twice = sorted(delivery_id for delivery_id, count in Counter(named).items() if count > 1)
    problems += [FieldProblem(path, f"names delivery {delivery_id} twice") for delivery_id in twice]
    return problems


def auction_problems(path: str, terms: AuctionTerms) -> list[FieldProblem]:
    """Name what is wrong with the terms of auctions."""
    return _percent_problems(f"{path}.margin_percent", terms.margin_percent)


def margin_problems(path: str, rule: MarginRule | None) -> list[FieldProblem]:
    """Name what is wrong with a margin rule."""
    return [] if rule is None else _percent_problems(f"{path}.minimum_percent", rule.minimum_percent)


def ping_problems(path: str, ping: PingTarget) -> list[FieldProblem]:
    """Name everything that is wrong with a ping."""
    found = [(f"http.{p.field}", p.detail) for p in check_target(ping.http)]
    found += [(f"answers.{p.field}", p.detail) for p in check_rules(ping.answers)]
    if ping.least_milliseconds > ping.most_milliseconds:
        found.append(("least_milliseconds", "must not be more than most_milliseconds"))
    return [FieldProblem(f"{path}.{field}", detail) for field, detail in found]


def _group_problems(path: str, group: Group, depth: int) -> Iterator[FieldProblem]:
    if depth > DEEPEST_GROUP:
        yield FieldProblem(path, f"is more than {DEEPEST_GROUP} groups deep")
        return
    if (
        group.sale is SaleTerms.EXCLUSIVE
        and (group.sell_limit or 1) > 1
        and group.method is not Method.HYBRID
    ):
        yield FieldProblem(f"{path}.sell_limit", "must be 1 where the sale is exclusive")
    if group.best_price and group.sale is not SaleTerms.HYBRID:
        yield FieldProblem(f"{path}.best_price", "is for hybrid sales")
    if group.method is Method.AUCTION and group.sale is SaleTerms.HYBRID:
        yield FieldProblem(f"{path}.sale", "must be exclusive or shared in an auction")
    only_deliveries = group.sale is SaleTerms.HYBRID or group.method is Method.AUCTION
    for i, member in enumerate(group.members):
        place = f"{path}.members[{i}]"
        if (member.delivery_id is None) == (member.group is None):
            yield FieldProblem(place, "must have either delivery_id or group")
        elif member.group is not None:
            if only_deliveries:
                yield FieldProblem(place, "must be a delivery in an auction or a hybrid sale")
            yield from _group_problems(f"{place}.group", member.group, depth + 1)


def deliveries_named(path: str, group: Group) -> Iterator[tuple[str, int]]:
    """List the deliveries that a group names, those of groups in it included, each with its place."""
    for i, member in enumerate(group.members):
        place = f"{path}.members[{i}]"
        if member.delivery_id is not None:
            yield f"{place}.delivery_id", member.delivery_id
        if member.group is not None:
            yield from deliveries_named(f"{place}.group", member.group)


def _percent_problems(path: str, percent: Decimal) -> list[FieldProblem]:
    if Decimal(0) <= percent <= _HUNDRED:
        return []
    return [FieldProblem(path, "must be from 0 to 100")]
