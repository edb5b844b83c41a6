"""The rows of notices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.notices.model import Notice, NoticeKind, NoticeSettings, in_words
from leadyard.storage.database import Connection, Row, encode_json

_INSERT = """
INSERT INTO notices (account_id, event, details)
SELECT $1, $2, told.details::jsonb FROM unnest($3::text[]) WITH ORDINALITY AS told (details, place) ORDER BY told.place
"""
_WANTED = """
FROM notices WHERE account_id = $1 AND ($2::text IS NULL OR event = $2)
    AND ($3::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $3)
"""
_COLUMNS = "id, event, details, created_at, acknowledged_at, acknowledged_by"
_PAGE = f"SELECT {_COLUMNS} {_WANTED} ORDER BY id DESC LIMIT $4 OFFSET $5"
_COUNT = f"SELECT count(*) {_WANTED}"
_ACKNOWLEDGE = f"""
UPDATE notices SET acknowledged_at = coalesce(acknowledged_at, $3), acknowledged_by = coalesce(acknowledged_by, $4)
WHERE account_id = $1 AND id = $2 RETURNING {_COLUMNS}
"""
_ACKNOWLEDGE_ALL = """
UPDATE notices SET acknowledged_at = $3, acknowledged_by = $4
WHERE account_id = $1 AND id <= $2 AND acknowledged_at IS NULL RETURNING id
"""
_SETTINGS = "SELECT settings FROM notice_settings WHERE account_id = $1"
_SAVE_SETTINGS = """
INSERT INTO notice_settings (account_id, settings) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET settings = EXCLUDED.settings, updated_at = now()
"""


async def insert(
    connection: Connection, account_id: int, event: NoticeKind, told: Sequence[dict[str, Any]]
) -> None:
    """Write notices of one kind."""
    await connection.execute(_INSERT, account_id, event.value, [encode_json(one) for one in told])


async def page(
    connection: Connection,
    account_id: int,
    event: str | None,
    limit: int,
    offset: int,
    *,
    acknowledged: bool | None,
) -> tuple[list[Notice], int]:
    """Give notices, newest first, and how many there are."""
    rows = await connection.fetch(_PAGE, account_id, event, acknowledged, limit, offset)
    total = await connection.fetchval(_COUNT, account_id, event, acknowledged)
    return [_notice(row) for row in rows], int(total)


async def acknowledge(
    connection: Connection, account_id: int, notice_id: int, at: datetime, by: str
) -> Notice | None:
    """Note who has read a notice, the first one for good; None when it is not there."""
    row = await connection.fetchrow(_ACKNOWLEDGE, account_id, notice_id, at, by)
    return None if row is None else _notice(row)


async def acknowledge_all(
    connection: Connection, account_id: int, last_id: int, at: datetime, by: str
) -> int:
    """Note who has read all notices up to one; gives how many there were."""
    return len(await connection.fetch(_ACKNOWLEDGE_ALL, account_id, last_id, at, by))


async def settings(connection: Connection, account_id: int) -> NoticeSettings:
    """Give whom notices are mailed to; the defaults where nobody has said."""
    return msgspec.convert(await connection.fetchval(_SETTINGS, account_id) or {}, NoticeSettings)


async def save_settings(connection: Connection, account_id: int, wanted: NoticeSettings) -> None:
    """Write whom notices are mailed to."""
    await connection.execute(_SAVE_SETTINGS, account_id, wanted)


def _notice(row: Row) -> Notice:
    event = NoticeKind(row["event"])
    return Notice(
        row["id"],
        event,
        in_words(event, row["details"]),
        row["details"],
        row["created_at"],
        row["acknowledged_at"],
        row["acknowledged_by"],
    )
