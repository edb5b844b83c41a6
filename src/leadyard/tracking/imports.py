"""Visitors in crowds: many arrivals at once, in their order."""

from collections.abc import Sequence

from leadyard.affiliates.program import service as programs
from leadyard.kit import clock
from leadyard.leads.unit import in_one_unit
from leadyard.storage.database import Connection, Database
from leadyard.tracking.arriving import coming, take_in
from leadyard.tracking.following import Following
from leadyard.tracking.model import Arrival, Visitor

_TOGETHER = 100


async def import_visitors(
    database: Database,
    account_id: int,
    wanted: Sequence[tuple[Arrival, str | None]],
    following: Following,
) -> list[Visitor]:
    """Find or make the visitor of each arrival and tracking code, in their order; those of a crowd commit together."""
    found: list[Visitor] = []
    for first in range(0, len(wanted), _TOGETHER):
        found += await _crowd(database, account_id, wanted[first : first + _TOGETHER], following)
    return found


async def _crowd(
    database: Database,
    account_id: int,
    wanted: Sequence[tuple[Arrival, str | None]],
    following: Following,
) -> list[Visitor]:
    at = clock.now()
    batch = [coming(arrival, at, tracking_code=code) for arrival, code in wanted]

    async def work(connection: Connection) -> list[Visitor]:
        program = await programs.read(connection, account_id)
        arrived = await take_in(connection, account_id, program, batch)
        for code in dict.fromkeys(one.tracking_code for one in batch):
            visitor = arrived.visitors[code]
            if code in arrived.new and visitor.credit.affiliate_id is not None and not visitor.is_bot:
                await following.visitor_seen(connection, program, visitor, at)
        return [arrived.visitors[one.tracking_code] for one in batch]

    return await in_one_unit(database, work)
