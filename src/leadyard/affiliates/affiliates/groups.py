"""Groups of affiliates, by which plans pay differently."""

from collections.abc import Mapping

import msgspec

from leadyard.affiliates.affiliates import group_store
from leadyard.affiliates.affiliates.inputs import GroupInput, GroupRecord
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.documents import merged
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import LARGEST_ID, Connection, Database

ENTITY = "affiliate group"
_IDS = "affiliate_groups"


async def id_of_code(
    connection: Connection, account_id: int, code: str, *, kept: int | None = None
) -> int | None:
    """Find a group by its code in any case; an archived one only where it is to be kept."""
    group = await group_store.by_code(connection, account_id, code)
    if group is None or (group.archived_at is not None and group.id != kept):
        return None
    return group.id


async def page(
    database: Database, account_id: int, *, page: int = 1, per_page: int = 50
) -> tuple[list[GroupRecord], int]:
    """Give one page of groups in order of id, archived ones included, and how many there are."""
    async with database.connection() as connection:
        return await group_store.page(connection, account_id, per_page, (page - 1) * per_page)


async def read(connection: Connection, account_id: int, group_id: int) -> GroupRecord:
    """Give a group; raises NotFoundError."""
    group = await group_store.find(connection, account_id, min(group_id, LARGEST_ID))
    if group is None:
        raise NotFoundError("There is no such affiliate group.")
    return group


async def create(database: Database, actor: Actor, wanted: GroupInput) -> GroupRecord:
    """Make a group; raises InvalidInputError, and ConflictError for a code that is taken."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, _IDS, 0)
        await _require_free(connection, actor.account_id, wanted.code, None)
        group = GroupRecord(
            id=await next_id(connection, actor.account_id, _IDS),
            code=wanted.code.strip(),
            name=wanted.name,
            created_at=now(),
            archived_at=None,
        )
        await group_store.insert(connection, actor.account_id, group)
        await _record(connection, actor, "create", None, group)
    return group


async def update(database: Database, actor: Actor, group_id: int, patch: Mapping[str, object]) -> GroupRecord:
    """Change a group by a merge patch; raises NotFoundError, InvalidInputError and ConflictError."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, _IDS, 0)
        before = await read(connection, actor.account_id, group_id)
        wanted = read_document(merged({"code": before.code, "name": before.name}, patch), GroupInput)
        await _require_free(connection, actor.account_id, wanted.code, before.id)
        after = msgspec.structs.replace(before, code=wanted.code.strip(), name=wanted.name)
        return await _save(connection, actor, "update", before, after)


async def archive(database: Database, actor: Actor, group_id: int) -> None:
    """Put a group out of use for new affiliates; those in it stay. Raises NotFoundError."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, _IDS, 0)
        before = await read(connection, actor.account_id, group_id)
        if before.archived_at is None:
            after = msgspec.structs.replace(before, archived_at=now())
            await _save(connection, actor, "archive", before, after)


async def _save(
    connection: Connection, actor: Actor, action: str, before: GroupRecord, after: GroupRecord
) -> GroupRecord:
    if after != before:
        await group_store.update(connection, actor.account_id, after)
        await _record(connection, actor, action, before, after)
    return after


async def _require_free(connection: Connection, account_id: int, code: str, own_id: int | None) -> None:
    holder = await group_store.by_code(connection, account_id, code)
    if holder is not None and holder.id != own_id:
        raise ConflictError("code", "has already been taken")


async def _record(
    connection: Connection, actor: Actor, action: str, before: GroupRecord | None, after: GroupRecord
) -> None:
    await record_change(connection, actor.account_id, actor.name, action, ENTITY, after.id, before, after)
