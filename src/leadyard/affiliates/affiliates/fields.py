"""The account's own fields of affiliates."""

from collections.abc import Mapping

import msgspec

from leadyard.affiliates.affiliates import field_store
from leadyard.affiliates.affiliates.checks import field_problems
from leadyard.affiliates.affiliates.inputs import FieldInput, FieldRecord
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.documents import merged
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import ConflictError, InvalidInputError, NotFoundError
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import LARGEST_ID, Connection, Database

ENTITY = "affiliate field"
_IDS = "affiliate_fields"


async def fields_of(connection: Connection, account_id: int) -> list[FieldRecord]:
    """Give all own fields of affiliates, in order of id."""
    return await field_store.fields_of(connection, account_id)


async def read(connection: Connection, account_id: int, field_id: int) -> FieldRecord:
    """Give a field; raises NotFoundError."""
    field = await field_store.find(connection, account_id, min(field_id, LARGEST_ID))
    if field is None:
        raise NotFoundError("There is no such affiliate field.")
    return field


async def ensure(database: Database, actor: Actor, wanted: FieldInput) -> tuple[FieldRecord, bool]:
    """Make a field, or give the one of this name unchanged; True when it was made. Raises InvalidInputError."""
    _refuse_bad(wanted)
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, _IDS, 0)
        known = await field_store.by_name(connection, actor.account_id, wanted.name.strip())
        if known is not None:
            return known, False
        field = _record_of(wanted, await next_id(connection, actor.account_id, _IDS))
        await field_store.insert(connection, actor.account_id, field)
        await _record(connection, actor, "create", None, field)
    return field, True


async def create(database: Database, actor: Actor, wanted: FieldInput) -> FieldRecord:
    """Make a field; raises InvalidInputError, and ConflictError for a name that is taken."""
    field, is_new = await ensure(database, actor, wanted)
    if not is_new:
        raise ConflictError("name", "has already been taken")
    return field


async def update(database: Database, actor: Actor, field_id: int, patch: Mapping[str, object]) -> FieldRecord:
    """Change a field by a merge patch; raises NotFoundError, InvalidInputError and ConflictError."""
    async with database.unit_of_work() as connection:
        await reserve_up_to(connection, actor.account_id, _IDS, 0)
        before = await read(connection, actor.account_id, field_id)
        document = msgspec.to_builtins(before)
        known = {name: document[name] for name in FieldInput.__struct_fields__}
        wanted = read_document(merged(known, patch), FieldInput)
        _refuse_bad(wanted)
        after = msgspec.structs.replace(_record_of(wanted, before.id), created_at=before.created_at)
        holder = await field_store.by_name(connection, actor.account_id, after.name)
        if holder is not None and holder.id != before.id:
            raise ConflictError("name", "has already been taken")
        if after != before:
            await field_store.update(connection, actor.account_id, after)
            await _record(connection, actor, "update", before, after)
    return after


async def delete(database: Database, actor: Actor, field_id: int) -> None:
    """Ask affiliates for a field no more; what they have told stays. Raises NotFoundError."""
    async with database.unit_of_work() as connection:
        before = await read(connection, actor.account_id, field_id)
        await field_store.delete(connection, actor.account_id, before.id)
        await record_change(
            connection, actor.account_id, actor.name, "delete", ENTITY, before.id, before, None
        )


def _refuse_bad(wanted: FieldInput) -> None:
    problems = field_problems(wanted)
    if problems:
        raise InvalidInputError(problems)


def _record_of(wanted: FieldInput, field_id: int) -> FieldRecord:
    name = wanted.name.strip()
    values = {**msgspec.structs.asdict(wanted), "name": name, "label": wanted.label.strip() or name}
    return FieldRecord(id=field_id, created_at=now(), **values)


async def _record(
    connection: Connection, actor: Actor, action: str, before: FieldRecord | None, after: FieldRecord
) -> None:
    await record_change(connection, actor.account_id, actor.name, action, ENTITY, after.id, before, after)
