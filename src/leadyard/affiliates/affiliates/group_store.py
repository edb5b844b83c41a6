"""Rows of groups of affiliates."""

from leadyard.affiliates.affiliates.inputs import GroupRecord
from leadyard.affiliates.affiliates.links import code_key
from leadyard.storage.database import Connection, Row

_COLUMNS = "id, code, name, created_at, archived_at"
_FIND = f"SELECT {_COLUMNS} FROM affiliate_groups WHERE account_id = $1 AND id = $2"
_BY_CODE = f"SELECT {_COLUMNS} FROM affiliate_groups WHERE account_id = $1 AND code_key = $2"
_PAGE = f"SELECT {_COLUMNS} FROM affiliate_groups WHERE account_id = $1 ORDER BY id LIMIT $2 OFFSET $3"
_COUNT = "SELECT count(*) FROM affiliate_groups WHERE account_id = $1"
_INSERT = """
INSERT INTO affiliate_groups (account_id, id, code, code_key, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
_UPDATE = """
UPDATE affiliate_groups SET code = $3, code_key = $4, name = $5, archived_at = $6 WHERE account_id = $1 AND id = $2
"""


async def find(connection: Connection, account_id: int, group_id: int) -> GroupRecord | None:
    """Find a group by its id."""
    return _one(await connection.fetchrow(_FIND, account_id, group_id))


async def by_code(connection: Connection, account_id: int, code: str) -> GroupRecord | None:
    """Find a group by its code in any case, archived or not."""
    return _one(await connection.fetchrow(_BY_CODE, account_id, code_key(code)))


async def page(
    connection: Connection, account_id: int, limit: int, offset: int
) -> tuple[list[GroupRecord], int]:
    """Give groups in order of id, and how many there are."""
    total = int(await connection.fetchval(_COUNT, account_id))
    return [_group_of(row) for row in await connection.fetch(_PAGE, account_id, limit, offset)], total


async def insert(connection: Connection, account_id: int, group: GroupRecord) -> None:
    """Write a new group."""
    key = code_key(group.code)
    await connection.execute(_INSERT, account_id, group.id, group.code, key, group.name, group.created_at)


async def update(connection: Connection, account_id: int, group: GroupRecord) -> None:
    """Overwrite a group."""
    key = code_key(group.code)
    await connection.execute(_UPDATE, account_id, group.id, group.code, key, group.name, group.archived_at)


def _one(row: Row | None) -> GroupRecord | None:
    return None if row is None else _group_of(row)


def _group_of(row: Row) -> GroupRecord:
    return GroupRecord(**dict(row))
