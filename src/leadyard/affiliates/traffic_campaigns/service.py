"""Making, changing and finding traffic campaigns."""

from collections.abc import Collection, Mapping

import msgspec

from leadyard.affiliates.affiliates.links import new_code
from leadyard.affiliates.traffic_campaigns import store
from leadyard.affiliates.traffic_campaigns.model import TrafficCampaign, TrafficCampaignInput
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now, whole_second
from leadyard.kit.documents import merged
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.kit.paging import Created, Page
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import LARGEST_ID, Connection, Database

ENTITY = "traffic campaign"
TAKEN = "has already been taken"
IDS = "traffic_campaigns"


async def by_link_code(connection: Connection, account_id: int, code: str) -> TrafficCampaign | None:
    """Find a traffic campaign that is in use by its link code, or else its code, in any case."""
    return await store.by_link_code(connection, account_id, code)


async def by_id(connection: Connection, account_id: int, campaign_id: int) -> TrafficCampaign | None:
    """Find a traffic campaign, archived or not."""
    return await store.find(connection, account_id, campaign_id) if 0 < campaign_id <= LARGEST_ID else None


async def read(connection: Connection, account_id: int, campaign_id: int) -> TrafficCampaign:
    """Give a traffic campaign, archived or not; raises NotFoundError."""
    found = await by_id(connection, account_id, campaign_id)
    if found is None:
        raise NotFoundError("There is no such traffic campaign.")
    return found


async def page(
    connection: Connection,
    account_id: int,
    created: Created,
    page: Page,
    *,
    is_archived: bool | None = None,
) -> list[TrafficCampaign]:
    """Give one page of traffic campaigns."""
    return await store.page(connection, account_id, created, page, is_archived=is_archived)


async def count(
    connection: Connection, account_id: int, created: Created, *, is_archived: bool | None = None
) -> int:
    """Count traffic campaigns."""
    return await store.count(connection, account_id, created, is_archived=is_archived)


async def codes(connection: Connection, account_id: int, ids: Collection[int]) -> dict[int, str]:
    """Give the codes of traffic campaigns, archived or not."""
    return await store.codes(connection, account_id, sorted(ids)) if ids else {}


async def create(
    database: Database, actor: Actor, wanted: TrafficCampaignInput, *, chosen_id: int | None = None
) -> TrafficCampaign:
    """Make a traffic campaign under the next id or a chosen one; raises ConflictError for one that is taken."""
    async with database.unit_of_work() as connection:
        return await create_in(connection, actor, wanted, chosen_id=chosen_id)


async def create_in(
    connection: Connection, actor: Actor, wanted: TrafficCampaignInput, *, chosen_id: int | None = None
) -> TrafficCampaign:
    """Make a traffic campaign as `create` does, inside the caller's unit of work."""
    account_id = actor.account_id
    await reserve_up_to(connection, account_id, IDS, chosen_id or 0)
    await _require_free(connection, account_id, wanted.code, None)
    if chosen_id is not None and await store.find(connection, account_id, chosen_id) is not None:
        raise ConflictError("id", TAKEN)
    campaign_id = chosen_id or await next_id(connection, account_id, IDS)
    at = now()
    is_written = False
    while not is_written:
        campaign = TrafficCampaign(
            id=campaign_id,
            code=wanted.code.strip(),
            name=wanted.name,
            link_code=new_code(),
            created_at=whole_second(at),
            updated_at=at,
        )
        is_written = await store.insert(connection, account_id, campaign)
    await record_change(connection, account_id, actor.name, "create", ENTITY, campaign_id, None, campaign)
    return campaign


async def update(
    database: Database, actor: Actor, campaign_id: int, patch: Mapping[str, object]
) -> TrafficCampaign:
    """Change a traffic campaign by a merge patch; raises NotFoundError, InvalidInputError and ConflictError."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, IDS, 0)
        before = await read(connection, actor.account_id, campaign_id)
        known = {"code": before.code, "name": before.name}
        wanted = read_document(merged(known, patch), TrafficCampaignInput)
        await _require_free(connection, actor.account_id, wanted.code, before.id)
        after = msgspec.structs.replace(before, code=wanted.code.strip(), name=wanted.name)
        return await _save(connection, actor, "update", before, after)


async def archive(database: Database, actor: Actor, campaign_id: int) -> None:
    """Put a traffic campaign out of use: its links count for nothing from then on. Raises NotFoundError."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, IDS, 0)
        before = await read(connection, actor.account_id, campaign_id)
        if before.archived_at is None:
            after = msgspec.structs.replace(before, archived_at=now())
            await _save(connection, actor, "archive", before, after)


async def _save(
    connection: Connection, actor: Actor, action: str, before: TrafficCampaign, after: TrafficCampaign
) -> TrafficCampaign:
    if after == before:
        return before
    after = msgspec.structs.replace(after, updated_at=now())
    await store.update(connection, actor.account_id, after)
    await record_change(connection, actor.account_id, actor.name, action, ENTITY, after.id, before, after)
    return after


async def _require_free(connection: Connection, account_id: int, code: str, own_id: int | None) -> None:
    holder = await store.by_code(connection, account_id, code)
    if holder is not None and holder.id != own_id:
        raise ConflictError("code", TAKEN)
