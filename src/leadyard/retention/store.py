"""The statements that remove what is old, each for a few rows of one account."""

from datetime import datetime

import msgspec

from leadyard.storage.database import Connection

_ACCOUNTS = "SELECT id FROM accounts ORDER BY id"

_SENT = """
DELETE FROM outbox WHERE account_id = $1 AND id IN (
    SELECT id FROM outbox WHERE account_id = $1 AND state = 1 AND due_at < $2
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""

_NOTICES = """
DELETE FROM notices WHERE account_id = $1 AND id IN (
    SELECT id FROM notices
    WHERE account_id = $1 AND created_at < $2 AND (acknowledged_at IS NOT NULL OR NOT $3::boolean)
    ORDER BY created_at LIMIT $4 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""

_BEGIN = "INSERT INTO retention_progress (account_id) VALUES ($1) ON CONFLICT (account_id) DO NOTHING"

_LOCK = """
SELECT looked_to, pass_started_at, gone_before FROM retention_progress WHERE account_id = $1 FOR UPDATE SKIP LOCKED
"""

_ADVANCE = """
UPDATE retention_progress SET looked_to = $2, pass_started_at = $3, gone_before = $4 WHERE account_id = $1
"""

_LEADS = "SELECT id, received_at FROM leads WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3"

_STEPS = """
DELETE FROM decision_traces WHERE account_id = $1 AND (lead_id, after_number) IN (
    SELECT lead_id, after_number FROM decision_traces
    WHERE account_id = $1 AND lead_id > $2 AND lead_id <= $3 AND at < $4 FOR UPDATE SKIP LOCKED
)
RETURNING lead_id
"""

_AUCTIONS = """
DELETE FROM auctions WHERE account_id = $1 AND id IN (
    SELECT id FROM auctions
    WHERE account_id = $1 AND lead_id > $2 AND lead_id <= $3 AND at < $4 AND expires_at < $4 FOR UPDATE SKIP LOCKED
)
RETURNING lead_id
"""

# Attempts that are not over (sending, waiting, unknown) keep everything until they are.
_DECISIONS = """
UPDATE delivery_attempts SET decision = NULL WHERE account_id = $1 AND (lead_id, number) IN (
    SELECT lead_id, number FROM delivery_attempts
    WHERE account_id = $1 AND lead_id > $2 AND lead_id <= $3 AND started_at < $4 AND decision IS NOT NULL
      AND state NOT IN (1, 5, 7) FOR UPDATE SKIP LOCKED
)
RETURNING lead_id
"""

_GONE_BEFORE = "SELECT gone_before FROM retention_progress WHERE account_id = $1"


class Pass(msgspec.Struct, frozen=True):
    """How far a pass over an account's leads has come."""

    looked_to: int
    pass_started_at: datetime
    gone_before: datetime | None


async def account_ids(connection: Connection) -> list[int]:
    """List all accounts."""
    return [row["id"] for row in await connection.fetch(_ACCOUNTS)]


async def forget_sent(connection: Connection, account_id: int, sent_before: datetime, most: int) -> int:
    """Remove messages that were sent before an instant, at most so many, the oldest first; gives how many."""
    return len(await connection.fetch(_SENT, account_id, sent_before, most))


async def forget_notices(
    connection: Connection, account_id: int, before: datetime, most: int, *, only_acknowledged: bool
) -> int:
    """Remove notices that were made before an instant, at most so many, the oldest first; gives how many."""
    return len(await connection.fetch(_NOTICES, account_id, before, only_acknowledged, most))


async def lock(connection: Connection, account_id: int) -> Pass | None:
    """Take an account's pass until the unit of work ends; None when another worker has it."""
    await connection.execute(_BEGIN, account_id)
    row = await connection.fetchrow(_LOCK, account_id)
    return None if row is None else Pass(*row.values())


async def advance(connection: Connection, account_id: int, moved: Pass) -> None:
    """Write how far a locked pass has come."""
    await connection.execute(_ADVANCE, account_id, *msgspec.structs.astuple(moved))


async def leads_after(
    connection: Connection, account_id: int, lead_id: int, most: int
) -> list[tuple[int, datetime]]:
    """List leads with the times of their receipt, by rising id after one."""
    return [tuple(row.values()) for row in await connection.fetch(_LEADS, account_id, lead_id, most)]


async def forget_traces(
    connection: Connection, account_id: int, after_id: int, last_id: int, before: datetime
) -> set[int]:
    """Remove decisions and bids that were made before an instant of leads in a range of ids; gives whose they were."""
    touched: set[int] = set()
    for statement in (_STEPS, _AUCTIONS, _DECISIONS):
        rows = await connection.fetch(statement, account_id, after_id, last_id, before)
        touched |= {row["lead_id"] for row in rows}
    return touched


async def gone_before(connection: Connection, account_id: int) -> datetime | None:
    """Read the instant of receipt before which evidence was removed; None when none was."""
    found: datetime | None = await connection.fetchval(_GONE_BEFORE, account_id)
    return found
