"""Caps: how many leads may pass in a period of the account's time zone, counted exactly at any concurrency."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.model import Caps
from leadyard.storage.database import Connection, Row


class CapOwner(IntEnum):
    """Whose cap it is."""

    CAMPAIGN = 1
    SUPPLIER = 2
    DELIVERY = 3
    BUYER = 4


class Period(IntEnum):
    """Over which period it counts."""

    HOUR = 1
    DAY = 2
    WEEK = 3
    MONTH = 4
    TOTAL = 5


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT_SECONDS = 900


class CapKey(msgspec.Struct, frozen=True, order=True):
    """One counter: a cap's owner, its period and where that period starts (UTC); campaign 0 unless it matters."""

    account_id: int
    owner: CapOwner
    owner_id: int
    campaign_id: int
    period: Period
    start: datetime


class CapUse(msgspec.Struct, frozen=True):
    """A counter that a lead would raise by one, and how far it may go."""

    key: CapKey
    limit: int


def cap_slot(at: datetime) -> int:
    """Give the number of an instant's quarter of an hour: every period of every zone begins with one."""
    return int(at.timestamp()) // _SLOT_SECONDS


@lru_cache(maxsize=4096)
def _starts(zone: ZoneInfo, slot: int) -> tuple[datetime, ...]:
    """Work out the local starts of hour, day, week and month; the same for all instants of a quarter of an hour."""
    local = datetime.fromtimestamp(slot * _SLOT_SECONDS, zone)
    hour = datetime.fromtimestamp(slot * _SLOT_SECONDS - local.minute * 60 - local.second, UTC)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    monday = (midnight.replace(tzinfo=None) - timedelta(days=midnight.weekday())).replace(tzinfo=zone)
    return (
        hour,
        midnight.astimezone(UTC),
        monday.astimezone(UTC),
        midnight.replace(day=1).astimezone(UTC),
        _EVER,
    )


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
    """List the counters that one lead at an instant would raise."""
    limits = (caps.hour, caps.day, caps.week, caps.month, caps.total)
    if not any(limits):
        return []
    starts = _starts(zone, cap_slot(at))
    return [
        CapUse(CapKey(account_id, owner, owner_id, campaign_id, period, start), limit)
        for period, start, limit in zip(Period, starts, limits, strict=True)
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

    def full(self, uses: Iterable[CapUse]) -> CapUse | None:
        """Find the first cap that has no room for one more."""
        return next((use for use in uses if self._used[use.key] >= use.limit), None)

    def take(self, uses: Iterable[CapUse]) -> None:
        """Raise the counters by one; ask `full` first."""
        for use in uses:
            self._used[use.key] += 1
            self._taken[use.key] = self._taken.get(use.key, 0) + 1

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
            total[use.key] += count
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


_PEEK = """
SELECT c.account_id, c.owner_kind, c.owner_id, c.campaign_id, c.period, c.period_start, c.used
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[],
            $7::bigint[]) AS row (account_id, owner_kind, owner_id, campaign_id, period, period_start, nothing)
JOIN cap_counters c USING (account_id, owner_kind, owner_id, campaign_id, period, period_start)
"""


async def peek_caps(connection: Connection, keys: Iterable[CapKey]) -> CapGate:
    """Read counters without holding them: enough to tell that a cap is full, never that one has room."""
    nothing = dict.fromkeys(keys, 0)
    if not nothing:
        return CapGate({}, {})
    rows = await connection.fetch(_PEEK, *lock_columns(nothing))
    return CapGate({**nothing, **{_key_of(row): row["used"] for row in rows}}, nothing)


def _key_of(row: Row) -> CapKey:
    return CapKey(
        row["account_id"],
        CapOwner(row["owner_kind"]),
        row["owner_id"],
        row["campaign_id"],
        Period(row["period"]),
        row["period_start"],
    )


async def move_caps(connection: Connection, moves: dict[CapKey, int]) -> None:
    """Write how far the counters moved."""
    moved = {key: count for key, count in moves.items() if count}
    if moved:
        await connection.execute(_MOVE, *lock_columns(moved))
