"""Caps: how many leads, or how much money, may pass in a period of the account's time zone.

Counted exactly at any concurrency: counters are raised while they are locked, and given back with what did not pass.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.limits import AmountCaps, WeekdayAmounts, WeekdayCaps
from leadyard.campaigns.model import Caps
from leadyard.kit.money import to_micros
from leadyard.routing.cap_periods import CapKey, CapOwner, Measure, Period, cap_slot, period_starts
from leadyard.storage.database import Connection, Row

__all__ = [
    "CapGate",
    "CapKey",
    "CapKeys",
    "CapOwner",
    "CapUse",
    "Measure",
    "Period",
    "cap_slot",
    "cap_uses",
    "lock_caps",
    "lock_columns",
    "lock_statement",
    "measured_uses",
    "move_caps",
    "tell_once",
    "wanted",
]

_LimitT = TypeVar("_LimitT", int, Decimal)
_PERIODS = {measure: tuple(p for p in Period if p.measure is measure) for measure in Measure}
_WEEKDAYS = WeekdayCaps.__struct_fields__


class CapUse(msgspec.Struct, frozen=True):
    """A counter that a lead would raise by `amount`, how far it may go, and how much room there must be.

    An `amount` of 0 only looks: a counter that the sale raises, not the lead's coming in.
    """

    key: CapKey
    limit: int
    amount: int = 1
    room: int = 1


def cap_uses(
    account_id: int,
    caps: Caps,
    owner: CapOwner,
    owner_id: int,
    campaign_id: int,
    *,
    at: datetime,
    zone: ZoneInfo,
) -> list[CapUse]:
    """List the counters of leads that one lead at an instant would raise."""
    limits = (caps.hour, _day_limit(caps.day, caps.weekdays, at, zone), caps.week, caps.month, caps.total)
    return _uses(CapKeys(account_id, owner, owner_id, campaign_id), Measure.LEADS, limits, at, zone)


class CapKeys(msgspec.Struct, frozen=True):
    """What the counters of one cap have in common."""

    account_id: int
    owner: CapOwner
    owner_id: int
    campaign_id: int


def measured_uses(
    keys: CapKeys, measure: Measure, caps: Caps, *, amount: int, room: int, at: datetime, zone: ZoneInfo
) -> list[CapUse]:
    """List the counters of one measure that would be raised by an amount, and must have so much room."""
    if measure is Measure.REVENUE or measure is Measure.PAYOUT:
        limits = _amount_limits(caps.revenue if measure is Measure.REVENUE else caps.payout, at, zone)
    else:
        limits = (caps.hour, _day_limit(caps.day, caps.weekdays, at, zone), caps.week, caps.month, caps.total)
    return _uses(keys, measure, limits, at, zone, amount, room)


def _amount_limits(caps: AmountCaps | None, at: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    if caps is None:
        return ()
    day = _day_limit(caps.day, caps.weekdays, at, zone)
    return tuple(to_micros(limit) for limit in (caps.hour, day, caps.week, caps.month, caps.total))


def _day_limit(
    day: _LimitT, weekdays: WeekdayCaps | WeekdayAmounts | None, at: datetime, zone: ZoneInfo
) -> _LimitT:
    """Give the limit of a day: the tighter of the one for all days and the one for its weekday."""
    if weekdays is None:
        return day
    own: _LimitT = getattr(weekdays, _WEEKDAYS[at.astimezone(zone).weekday()])
    return min(day, own) if day and own else day or own


def _uses(
    keys: CapKeys,
    measure: Measure,
    limits: Sequence[int],
    at: datetime,
    zone: ZoneInfo,
    amount: int = 1,
    room: int = 1,
) -> list[CapUse]:
    if not any(limits):
        return []
    starts = period_starts(zone, cap_slot(at))
    return [
        CapUse(
            CapKey(keys.account_id, keys.owner, keys.owner_id, keys.campaign_id, period, start),
            limit,
            amount,
            room,
        )
        for period, start, limit in zip(_PERIODS[measure], starts, limits, strict=True)
        if limit
    ]


class CapGate:
    """The counters that a unit of work holds locked, and what it takes from them.

    They were raised by what the unit of work may take at most, while they were locked: one statement, and mostly
    the only one.
    """

    def __init__(self, used: dict[CapKey, int], reserved: Mapping[CapKey, int]) -> None:
        """Start from the counters' values as locked and raised, and by how much they were raised."""
        self._used = {key: count - reserved[key] for key, count in used.items()}
        self._reserved = reserved
        self._taken: dict[CapKey, int] = {}
        self.reached: dict[CapKey, int] = {}
        """Counters that came to their limit here, or whose limit left no room for a sale, with the limit."""

    def full(self, uses: Iterable[CapUse]) -> CapUse | None:
        """Find the first cap that has no room."""
        for use in uses:
            if self._used[use.key] + use.room > use.limit:
                if use.key.period.is_money:
                    self.reached[use.key] = use.limit
                return use
        return None

    def used(self, use: CapUse) -> int:
        """Tell how far a counter has come."""
        return self._used[use.key]

    def take(self, uses: Iterable[CapUse]) -> None:
        """Raise the counters; ask `full` first."""
        for use in uses:
            used = self._used[use.key] = self._used[use.key] + use.amount
            self._taken[use.key] = self._taken.get(use.key, 0) + use.amount
            if used == use.limit:
                self.reached[use.key] = use.limit

    @property
    def moves(self) -> dict[CapKey, int]:
        """Tell by how much each counter still has to move."""
        changed = {**self._reserved, **self._taken}
        moves = {key: self._taken.get(key, 0) - self._reserved.get(key, 0) for key in changed}
        return {key: count for key, count in moves.items() if count}


def wanted(lists: Iterable[Sequence[CapUse]]) -> Counter[CapKey]:
    """Count what leads may take together, each given by its list; leads of one campaign share one list object."""
    shared = Counter(map(id, distinct := list(lists)))
    by_id = {id(uses): uses for uses in distinct}
    total: Counter[CapKey] = Counter()
    for identity, count in shared.items():
        for use in by_id[identity]:
            total[use.key] += count * use.amount
    return total


def lock_statement(first: int) -> str:
    """Write the statement that locks and raises counters, from parameter `first` on; other statements may hold it."""
    types = ("bigint", "smallint", "bigint", "bigint", "smallint", "timestamptz", "bigint")
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, first))
    return f"""
    INSERT INTO cap_counters AS c (account_id, owner_kind, owner_id, campaign_id, period, period_start, used)
    SELECT * FROM unnest({arrays})
    ON CONFLICT (account_id, owner_kind, owner_id, campaign_id, period, period_start)
    DO UPDATE SET used = c.used + EXCLUDED.used
    RETURNING account_id, owner_kind, owner_id, campaign_id, period, period_start, used
    """


_LOCK = lock_statement(1)

_TELL = """
UPDATE cap_counters c SET is_told = true
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[])
  AS row (account_id, owner_kind, owner_id, campaign_id, period, period_start)
WHERE c.account_id = row.account_id AND c.owner_kind = row.owner_kind AND c.owner_id = row.owner_id
  AND c.campaign_id = row.campaign_id AND c.period = row.period AND c.period_start = row.period_start
  AND NOT c.is_told
RETURNING c.account_id, c.owner_kind, c.owner_id, c.campaign_id, c.period, c.period_start
"""

_MOVE = """
INSERT INTO cap_counters AS c (account_id, owner_kind, owner_id, campaign_id, period, period_start, used)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[],
                     $7::bigint[])
ON CONFLICT (account_id, owner_kind, owner_id, campaign_id, period, period_start)
DO UPDATE SET used = greatest(0, c.used + EXCLUDED.used)
"""


def lock_columns(moves: Mapping[CapKey, int]) -> list[list[object]]:
    """Give the parameters of `lock_statement`: counters in a fixed order, and by how much each is raised."""
    rows = [
        (k.account_id, int(k.owner), k.owner_id, k.campaign_id, int(k.period), k.start, moves[k])
        for k in sorted(moves)
    ]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(7)]


async def lock_caps(connection: Connection, reserved: Mapping[CapKey, int]) -> CapGate:
    """Lock the counters in a fixed order, so that units of work queue up instead of blocking each other.

    They are raised by what is reserved; `move_caps` of the gate's moves gives back what was not taken.
    """
    if not reserved:
        return CapGate({}, {})
    rows = await connection.fetch(_LOCK, *lock_columns(reserved))
    return CapGate({_key_of(row): row["used"] for row in rows}, reserved)


def _key_of(row: Row) -> CapKey:
    return CapKey(
        row["account_id"],
        CapOwner(row["owner_kind"]),
        row["owner_id"],
        row["campaign_id"],
        Period(row["period"]),
        row["period_start"],
    )


async def tell_once(connection: Connection, reached: Iterable[CapKey]) -> list[CapKey]:
    """Keep the counters that nobody was told of yet, in order; from now on somebody was."""
    rows = await connection.fetch(_TELL, *lock_columns(dict.fromkeys(reached, 0))[:6])
    return sorted(_key_of(row) for row in rows)


_READ = """
SELECT owner_kind, owner_id, campaign_id, period, period_start, used FROM cap_counters
WHERE account_id = $1 AND owner_id = ANY($2::bigint[])
"""


async def read_caps(connection: Connection, account_id: int, asked: Iterable[CapKey]) -> CapGate:
    """Read counters without locking or raising them: for answers that change nothing."""
    used = dict.fromkeys(asked, 0)
    if used:
        owners = sorted({key.owner_id for key in used})
        for owner, owner_id, campaign_id, period, start, count in await connection.fetch(
            _READ, account_id, owners
        ):
            key = CapKey(account_id, CapOwner(owner), owner_id, campaign_id, Period(period), start)
            if key in used:
                used[key] = count
    return CapGate(used, dict.fromkeys(used, 0))


async def move_caps(connection: Connection, moves: dict[CapKey, int]) -> None:
    """Write how far the counters moved."""
    moved = {key: count for key, count in moves.items() if count}
    if moved:
        await connection.execute(_MOVE, *lock_columns(moved))
