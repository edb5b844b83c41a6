"""Who works: registration, heartbeats, and taking over from workers that died."""

from datetime import datetime, timedelta

from leadyard.storage.database import Connection

_REGISTER = "INSERT INTO workers (name) VALUES ($1) RETURNING id"

_BEAT = "UPDATE workers SET heartbeat_at = now() WHERE id = $1 RETURNING id"

_LEAVE = "DELETE FROM workers WHERE id = $1"

_ACCOUNTS = "SELECT id FROM accounts ORDER BY id"

_LIVING = "SELECT id FROM workers WHERE heartbeat_at > now() - $1::interval"

_ANY_SILENT = "SELECT EXISTS (SELECT 1 FROM workers WHERE heartbeat_at <= now() - $1::interval)"

_FORGET = "DELETE FROM workers WHERE heartbeat_at <= now() - $1::interval"

_UNCERTAIN = """
UPDATE delivery_attempts a SET state = 7, reason = 'the worker stopped before the answer', finished_at = $2
FROM delivery_jobs j
WHERE j.account_id = $1 AND j.worker_id IS NOT NULL AND j.worker_id <> ALL($3::bigint[])
  AND a.account_id = $1 AND a.lead_id = j.lead_id AND a.state = 1 AND a.worker_id <> ALL($3::bigint[])
RETURNING a.lead_id
"""

_RELEASE = """
UPDATE delivery_jobs SET worker_id = NULL, due_at = $2
WHERE account_id = $1 AND worker_id IS NOT NULL AND worker_id <> ALL($3::bigint[])
"""


async def register(connection: Connection, name: str) -> int:
    """Enter a worker; gives its id, which is never used again."""
    return int(await connection.fetchval(_REGISTER, name))


async def beat(connection: Connection, worker_id: int) -> bool:
    """Say that the worker lives; False when it was taken for dead and has to register again."""
    return await connection.fetchval(_BEAT, worker_id) is not None


async def leave(connection: Connection, worker_id: int) -> None:
    """Take a worker off the list when it has finished everything."""
    await connection.execute(_LEAVE, worker_id)


async def account_ids(connection: Connection) -> list[int]:
    """List all accounts."""
    return [row["id"] for row in await connection.fetch(_ACCOUNTS)]


async def living(connection: Connection, silence: timedelta) -> list[int]:
    """List the workers that were heard of lately."""
    return [row["id"] for row in await connection.fetch(_LIVING, silence)]


async def any_silent(connection: Connection, silence: timedelta) -> bool:
    """Tell whether a worker on the list has been silent for so long."""
    return bool(await connection.fetchval(_ANY_SILENT, silence))


async def forget_dead(connection: Connection, silence: timedelta) -> None:
    """Strike workers off the list that have been silent for so long."""
    await connection.execute(_FORGET, silence)


async def take_over(connection: Connection, account_id: int, living_ids: list[int], now: datetime) -> int:
    """Free what dead workers held: attempts under way may have reached the buyer and become unknown.

    Looks at every job of the account. Gives the number of attempts that became unknown.
    """
    uncertain = await connection.fetch(_UNCERTAIN, account_id, now, living_ids)
    await connection.execute(_RELEASE, account_id, now, living_ids)
    return len(uncertain)
