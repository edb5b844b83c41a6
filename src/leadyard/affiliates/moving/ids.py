"""Which ids rows get here: their own where nothing else was ever given it, else the next one."""

from collections.abc import Collection, Iterable

from leadyard.affiliates.moving.store import Ranges
from leadyard.affiliates.moving.wire import Resource
from leadyard.storage import counters
from leadyard.storage.database import Connection

COUNTERS = {
    Resource.AFFILIATES: "supplier",
    Resource.CAMPAIGNS: "traffic_campaigns",
    Resource.LEADS: "people",
    Resource.VISITORS: "visitors",
    Resource.PURCHASES: "purchases",
    Resource.COMMISSIONS: "commissions",
    Resource.CANCELLATIONS: "cancellations",
}
"""The counters of ids; affiliates are partners and share theirs with suppliers."""


def is_apart(ranges: Ranges, their_id: int) -> bool:
    """Tell whether an id is set apart for the move, so that a row may keep it."""
    return any(first <= their_id <= last for first, last in ranges)


def highest(ranges: Ranges) -> int:
    """Give the last id that is set apart; 0 when none is."""
    return max((last for _, last in ranges), default=0)


def joined(ranges: Ranges, more: range) -> Ranges:
    """Add ids to those that are set apart, as few ranges as may be."""
    found: list[tuple[int, int]] = []
    wanted: Iterable[tuple[int, int]] = sorted([*ranges, *([(more[0], more[-1])] if more else [])])
    for first, last in wanted:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def given(ranges: Ranges, their_ids: Collection[int]) -> dict[int, int | None]:
    """Tell which id each row gets, in the order of their ids: its own, or None for a new one."""
    return {their_id: their_id if is_apart(ranges, their_id) else None for their_id in sorted(their_ids)}


async def set_apart(connection: Connection, account_id: int, resource: Resource, last: int) -> range:
    """Keep ids of a resource up to one for the move, those that were never given out."""
    return await counters.set_apart(connection, account_id, COUNTERS[resource], last)
