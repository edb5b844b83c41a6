"""What may never be passed, checked against one snapshot of the exchange's rows and, apart from that, recounted from attempts.

The limits are the market's own plans, not what the exchange says of them. Money is in micro-units.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from benchmarks.market.scenario import SELL_LIMITS, Limits
from benchmarks.market.set_up import Market
from leadyard.leads.model import AttemptState
from leadyard.routing.cap_periods import CapOwner, Period

_HOLDING = "1, 2, 7, 8"
_COUNTERS = """
SELECT owner_kind, owner_id, campaign_id, period, period_start, used FROM cap_counters WHERE account_id = $1
"""
_HELD = f"""
SELECT buyer_id, delivery_id, date_trunc('hour', started_at, 'UTC') AS hour, count(*) AS leads,
    sum(CASE WHEN state IN (2, 8) THEN revenue ELSE offer END)::bigint AS revenue
FROM delivery_attempts WHERE account_id = $1 AND state IN ({_HOLDING}) GROUP BY 1, 2, 3
"""
_CREDIT = "SELECT buyer_id, added, spent, reserved FROM buyer_credit WHERE account_id = $1"
_PAID_IN = """
SELECT p.party_id AS buyer_id, -sum(p.amount)::bigint AS added FROM ledger_postings p
JOIN ledger_entries e ON e.account_id = p.account_id AND e.id = p.entry_id
WHERE p.account_id = $1 AND p.book = 'credit' AND e.kind = 'credit_added' GROUP BY 1
"""
_OVERSOLD = f"""
SELECT a.lead_id, g.method, count(*) AS buyers, g.most FROM delivery_attempts a
JOIN unnest($2::bigint[], $3::text[], $4::int[], $5::bool[]) AS g (delivery_id, method, most, moves_on)
  ON g.delivery_id = a.delivery_id
WHERE a.account_id = $1 AND a.state IN ({_HOLDING}) AND NOT (a.state = 7 AND g.moves_on)
GROUP BY 1, 2, 4 HAVING count(*) > CASE WHEN bool_or(a.sale = 1) THEN 1 ELSE g.most END
"""
_RETURNED = """
SELECT buyer_id, count(*) AS returned FROM lead_returns WHERE account_id = $1 AND state = 1 GROUP BY 1
"""
_EARLY = """
SELECT a.lead_id, a.delivery_id, a.started_at FROM delivery_attempts a
WHERE a.account_id = $1 AND a.delivery_id = ANY($2::bigint[]) AND a.started_at < $3 AND a.state NOT IN (4)
"""
_CLOSED = """
SELECT lead_id, delivery_id FROM delivery_attempts
WHERE account_id = $1 AND buyer_id = ANY($2::bigint[]) AND state <> 4
"""


class Seen(msgspec.Struct):
    """What one look found: broken promises, how many limits were counted, and those that are exactly reached."""

    broken: list[str]
    counted: int = 0
    reached: int = 0
    returned: dict[int, int] = {}


async def look(connection: "asyncpg.Connection[asyncpg.Record]", market: Market) -> Seen:
    """Check every limit in one snapshot."""
    account = market.account_id
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        counters = await connection.fetch(_COUNTERS, account)
        held = await connection.fetch(_HELD, account)
        credit = await connection.fetch(_CREDIT, account)
        paid_in = await connection.fetch(_PAID_IN, account)
        oversold = await connection.fetch(_OVERSOLD, account, *_groups(market))
        returned = await connection.fetch(_RETURNED, account)
        early = await connection.fetch(_EARLY, account, *_late_openers(market))
        closed = await connection.fetch(_CLOSED, account, _closed_buyers(market))
    seen = Seen([], returned={row["buyer_id"]: row["returned"] for row in returned})
    limits = dict(_all_limits(market))
    seen.broken += _counters(counters, limits, seen)
    seen.broken += _recounted(held, limits)
    seen.broken += _credit(market, credit, held, {row["buyer_id"]: row["added"] for row in paid_in}, seen)
    seen.broken += [f"lead {r[0]} of {r[1]} is with {r[2]} buyers, {r[3]} may have it" for r in oversold]
    seen.broken += _returns(market, seen.returned)
    seen.broken += [f"lead {r[0]} went to delivery {r[1]} at {r[2]}, before it opened" for r in early]
    seen.broken += [f"lead {r[0]} went to delivery {r[1]}, which is closed" for r in closed]
    return seen


_Key = tuple[CapOwner, int, str, str]
"""Whose limit: owner, id, `leads` or `revenue`, and `hour`, `day` or `total`."""


def _all_limits(market: Market) -> Iterator[tuple[_Key, int]]:
    for buyer in market.scenario.buyers:
        yield from _limits(CapOwner.BUYER, market.ids[buyer.bid], buyer.limits)
    for plan in market.scenario.deliveries:
        yield from _limits(CapOwner.DELIVERY, market.ids[f"delivery-{plan.index}"], plan.limits)
    for method, limits in market.scenario.campaign_limits.items():
        yield from _limits(CapOwner.CAMPAIGN, market.ids[method], limits)


def _limits(owner: CapOwner, owner_id: int, limits: Limits) -> Iterator[tuple[_Key, int]]:
    for interval, count in limits.leads.items():
        yield (owner, owner_id, "leads", interval), count
    for interval, amount in limits.revenue.items():
        yield (owner, owner_id, "revenue", interval), micros(amount)


def _counters(rows: Iterable[Any], limits: Mapping[_Key, int], seen: Seen) -> Iterator[str]:
    for row in rows:
        period = Period(row["period"])
        measure = "revenue" if period.is_money else "leads"
        key = (CapOwner(row["owner_kind"]), row["owner_id"], measure, period.interval)
        limit = limits.get(key)
        seen.counted += 1
        seen.reached += row["used"] == limit
        if limit is None:
            yield f"a counter that nobody set: {key}"
        elif not 0 <= row["used"] <= limit:
            yield f"counter {key} from {row['period_start']} is at {row['used']} of {limit}"


def _recounted(rows: Iterable[Any], limits: Mapping[_Key, int]) -> Iterator[str]:
    """Add up what attempts hold, whatever the counters say."""
    sums: Counter[tuple[_Key, object]] = Counter()
    for row in rows:
        for owner, owner_id in ((CapOwner.BUYER, row["buyer_id"]), (CapOwner.DELIVERY, row["delivery_id"])):
            for interval, start in _starts(row["hour"]):
                for measure in ("leads", "revenue"):
                    sums[(owner, owner_id, measure, interval), start] += row[measure]
    for (key, start), used in sums.items():
        limit = limits.get(key)
        if limit is not None and used > limit:
            yield f"attempts of {key} from {start} hold {used} of {limit}"


def _starts(hour: datetime) -> tuple[tuple[str, object], ...]:
    return ("hour", hour), ("day", hour.date()), ("total", None)


def _credit(
    market: Market, rows: Iterable[Any], held: Iterable[Any], paid_in: Mapping[int, int], seen: Seen
) -> Iterator[str]:
    bought: Counter[int] = Counter()
    for row in held:
        bought[row["buyer_id"]] += row["revenue"]
    by_id = {row["buyer_id"]: row for row in rows}
    for buyer_id, plan in market.buyer_ids().items():
        if plan.credit.mode == "none":
            continue
        seen.counted += 1
        limit = micros(plan.credit.amount) if plan.credit.mode == "postpaid" else 0
        room = paid_in.get(buyer_id, 0) + limit
        row = by_id.get(buyer_id)
        if row is not None and row["spent"] + row["reserved"] > row["added"] + limit:
            yield f"credit of {plan.bid}: {row['spent']} + {row['reserved']} of {row['added'] + limit}"
        if bought[buyer_id] > room:
            yield f"{plan.bid} bought for {bought[buyer_id]}, its credit was {room}"


def _returns(market: Market, returned: Mapping[int, int]) -> Iterator[str]:
    for buyer_id, plan in market.buyer_ids().items():
        if plan.most_returns is not None and returned.get(buyer_id, 0) > plan.most_returns:
            yield f"{plan.bid} returned {returned[buyer_id]} leads, it may return {plan.most_returns}"


def _groups(market: Market) -> tuple[list[int], list[str], list[int], list[bool]]:
    plans = market.delivery_ids()
    return (
        list(plans),
        [str(plan.method) for plan in plans.values()],
        [SELL_LIMITS.get(plan.method, 1) for plan in plans.values()],
        [plan.moves_on for plan in plans.values()],
    )


def _late_openers(market: Market) -> tuple[list[int], datetime]:
    return [id_ for id_, plan in market.delivery_ids().items() if plan.opens_soon], market.opens_at


def _closed_buyers(market: Market) -> list[int]:
    return [id_ for id_, plan in market.buyer_ids().items() if plan.is_closed]


def micros(amount: Decimal) -> int:
    """Turn an amount into micro-units."""
    return int(amount * 1_000_000)


def names_of_states(counts: Mapping[int, int]) -> dict[str, int]:
    """Name attempts' states for people."""
    return {AttemptState(state).name.lower(): count for state, count in counts.items()}
