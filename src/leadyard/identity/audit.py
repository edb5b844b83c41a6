"""The audit log: who changed what, when, from what to what, with secrets masked."""

from datetime import datetime
from typing import Any

import msgspec

from leadyard.identity import store
from leadyard.kit.clock import now
from leadyard.kit.masking import masked
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Database


class Change(msgspec.Struct, frozen=True):
    """One line of the audit log; `before` is null for something new, `after` for something deleted."""

    id: int
    at: datetime
    actor: str
    action: str
    entity: str
    entity_id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


async def record_change(
    connection: Connection,
    account_id: int,
    actor: str,
    action: str,
    entity: str,
    entity_id: int,
    before: object,
    after: object,
) -> None:
    """Write a line of the audit log inside the caller's unit of work; `before` and `after` are Structs or None."""
    values = {
        "id": await next_id(connection, account_id, "audit"),
        "at": now(),
        "actor": actor,
        "action": action,
        "entity": entity,
        "entity_id": entity_id,
        "before": masked(before),
        "after": masked(after),
    }
    await store.insert_change(connection, account_id, values)


async def list_changes(
    database: Database,
    account_id: int,
    *,
    entity: str | None = None,
    entity_id: int | None = None,
    page: int = 1,
    per_page: int = 50,
) -> tuple[list[Change], int]:
    """Give one page of the audit log, newest first, and how many lines there are."""
    async with database.connection() as connection:
        rows, total = await store.changes_page(
            connection,
            account_id,
            entity=entity,
            entity_id=entity_id,
            limit=per_page,
            offset=(page - 1) * per_page,
        )
    names = Change.__struct_fields__
    return [Change(**{name: row[name] for name in names}) for row in rows], total
