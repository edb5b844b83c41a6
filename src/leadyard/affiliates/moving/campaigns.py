"""Traffic campaigns, made as they are there."""

from collections.abc import Sequence

from leadyard.affiliates.affiliates.links import code_key, new_code
from leadyard.affiliates.moving.store import Kept
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import Resource, TheirCampaign
from leadyard.affiliates.traffic_campaigns import store
from leadyard.affiliates.traffic_campaigns.model import TrafficCampaign
from leadyard.affiliates.traffic_campaigns.service import IDS
from leadyard.storage.counters import reserve_up_to


async def take(unit: Unit, rows: Sequence[TheirCampaign]) -> None:
    """Make the traffic campaigns that are not here; one whose code is here already stays as it is."""
    connection, account_id = unit.connection, unit.account_id
    known = await unit.known(Resource.CAMPAIGNS, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    if not fresh:
        return
    await reserve_up_to(connection, account_id, IDS, 0)
    kept = []
    for row in fresh:
        there = await store.by_code(connection, account_id, row.code)
        if there is not None:
            kept.append(Kept(row.id, there.id, is_made=False))
            continue
        our_id = (await unit.ids(Resource.CAMPAIGNS, [row.id]))[row.id]
        await _make(unit, row, our_id)
        kept.append(Kept(row.id, our_id))
    await unit.remember(Resource.CAMPAIGNS, kept)


async def _make(unit: Unit, row: TheirCampaign, our_id: int) -> None:
    """Write a campaign under the link code that it has there, or another where that is taken."""
    link_code, updated_at = row.link_code, row.updated_at or row.created_at
    is_written = False
    while not is_written:
        campaign = TrafficCampaign(
            id=our_id,
            code=row.code.strip(),
            name=row.name,
            link_code=code_key(link_code) if link_code else new_code(),
            created_at=row.created_at,
            updated_at=updated_at,
            archived_at=updated_at if row.archived else None,
        )
        is_written, link_code = await store.insert(unit.connection, unit.account_id, campaign), None
    if row.archived:
        await store.update(unit.connection, unit.account_id, campaign)
