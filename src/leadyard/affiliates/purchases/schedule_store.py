"""The statements about commissions of later months."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.storage.database import Connection

_COLUMNS = "purchase_id, plan_line_id, level, affiliate_id, next_repetition, next_at, ends_at"

_INSERT = f"""
INSERT INTO commission_schedules (account_id, {_COLUMNS})
SELECT $1, {_COLUMNS} FROM jsonb_to_recordset($2::jsonb) AS made (
    purchase_id bigint, plan_line_id bigint, level smallint, affiliate_id bigint, next_repetition smallint,
    next_at timestamptz, ends_at timestamptz
)
ON CONFLICT DO NOTHING
"""

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM commission_schedules WHERE next_at <= $1"

_DUE = """
SELECT purchase_id, min(next_at) AS next_at FROM commission_schedules
WHERE account_id = $1 AND next_at <= $2 GROUP BY purchase_id ORDER BY min(next_at) LIMIT $3
"""

_OF_PURCHASE = f"""
SELECT {_COLUMNS} FROM commission_schedules
WHERE account_id = $1 AND purchase_id = $2 AND next_at <= $3 ORDER BY plan_line_id, level FOR UPDATE
"""

_REST_OF_KEY = "purchase_id = $2 AND plan_line_id = $3 AND level = $4"
_MOVE = f"UPDATE commission_schedules SET next_repetition = $5, next_at = $6 WHERE account_id = $1 AND {_REST_OF_KEY}"
_END = f"DELETE FROM commission_schedules WHERE account_id = $1 AND {_REST_OF_KEY}"


class Schedule(msgspec.Struct, frozen=True):
    """What one line pays one affiliate next for a purchase; nothing from `ends_at` on."""

    purchase_id: int
    plan_line_id: int
    level: int
    affiliate_id: int
    next_repetition: int
    next_at: datetime
    ends_at: datetime | None


async def insert(connection: Connection, account_id: int, schedules: Sequence[Schedule]) -> None:
    """Write new schedules."""
    if schedules:
        await connection.execute(_INSERT, account_id, schedules)


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts for which a month has come."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def due_purchases(connection: Connection, account_id: int, now: datetime, most: int) -> list[int]:
    """List the purchases for which a month has come."""
    return [row["purchase_id"] for row in await connection.fetch(_DUE, account_id, now, most)]


async def lock_due(
    connection: Connection, account_id: int, purchase_id: int, now: datetime
) -> list[Schedule]:
    """Give what is due of a purchase, locked."""
    rows = await connection.fetch(_OF_PURCHASE, account_id, purchase_id, now)
    return [Schedule(*row.values()) for row in rows]


async def move(connection: Connection, account_id: int, before: Schedule, after: Schedule | None) -> None:
    """Go on to the next month, or end (None)."""
    key = (account_id, before.purchase_id, before.plan_line_id, before.level)
    if after is None:
        await connection.execute(_END, *key)
    else:
        await connection.execute(_MOVE, *key, after.next_repetition, after.next_at)


async def end(connection: Connection, account_id: int, purchase_id: int, at: datetime | None) -> None:
    """Let a purchase pay nothing from an instant on, or from now on (None)."""
    if at is None:
        await connection.execute(
            "DELETE FROM commission_schedules WHERE account_id = $1 AND purchase_id = $2",
            account_id,
            purchase_id,
        )
    else:
        await connection.execute(
            "UPDATE commission_schedules SET ends_at = $3 WHERE account_id = $1 AND purchase_id = $2",
            account_id,
            purchase_id,
            at,
        )
