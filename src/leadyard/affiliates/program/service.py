"""Reading and changing an account's affiliate programme."""

from collections.abc import Mapping

import msgspec

from leadyard.affiliates.model import Program
from leadyard.affiliates.program import store
from leadyard.affiliates.program.checks import completed, program_problems
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.documents import merged
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import InvalidInputError
from leadyard.storage.database import Connection, Database

ENTITY = "affiliate program"


async def read(connection: Connection, account_id: int) -> Program:
    """Give an account's programme; the defaults where nobody has changed any."""
    return msgspec.convert(await store.find(connection, account_id) or {}, Program)


async def replace(database: Database, actor: Actor, document: object) -> Program:
    """Give an account the programme of a document, defaults for what it leaves out; raises InvalidInputError."""
    return await _change(database, actor, document, is_patch=False)


async def update(database: Database, actor: Actor, patch: Mapping[str, object]) -> Program:
    """Change an account's programme by a merge patch; raises InvalidInputError."""
    return await _change(database, actor, patch, is_patch=True)


async def _change(database: Database, actor: Actor, document: object, *, is_patch: bool) -> Program:
    plain = msgspec.to_builtins(document)
    async with database.unit_of_work() as connection:
        before = msgspec.convert(await store.lock(connection, actor.account_id), Program)
        wanted = merged(msgspec.to_builtins(before), plain) if is_patch else plain
        after = completed(read_document(wanted, Program))
        problems = program_problems(after)
        if problems:
            raise InvalidInputError(problems)
        if after != before:
            await store.save(connection, actor.account_id, after)
            await record_change(
                connection, actor.account_id, actor.name, "update", ENTITY, actor.account_id, before, after
            )
    return after
