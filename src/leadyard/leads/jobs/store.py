"""The statements of jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.leads.jobs.model import Job, JobKind, JobOrder, JobState
from leadyard.storage.counters import next_id
from leadyard.storage.database import LARGEST_ID, Connection, Row

_COLUMNS = (
    "id, kind, payload, state, cursor, total, done, failed, skipped, due_at, made_by, created_at, updated_at, "
    "last_error"
)

_INSERT = f"""
INSERT INTO jobs (account_id, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM jobs WHERE state = 0 AND due_at <= $1"

_CLAIM = f"""
SELECT account_id, {_COLUMNS} FROM jobs WHERE account_id = $1 AND state = 0 AND due_at <= $2
ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""

_HOLD = "UPDATE jobs SET due_at = $3 WHERE account_id = $1 AND id = $2"

_LOCK = """
SELECT id FROM jobs WHERE account_id = $1 AND id = $2 AND state = 0 AND due_at = $3 FOR UPDATE SKIP LOCKED
"""

_ADVANCE = """
UPDATE jobs
SET state = $3, cursor = $4, done = $5, failed = $6, skipped = $7, due_at = $8, updated_at = $9, last_error = $10
WHERE account_id = $1 AND id = $2
"""

_POSTPONE = """
UPDATE jobs SET due_at = $3, last_error = $4, updated_at = $5 WHERE account_id = $1 AND id = $2 AND state = 0
"""

_CANCEL = (
    "UPDATE jobs SET state = 2, updated_at = $3 WHERE account_id = $1 AND id = $2 AND state = 0 RETURNING id"
)

_FIND = f"SELECT account_id, {_COLUMNS} FROM jobs WHERE account_id = $1 AND id = $2"

_PAGE = f"""
SELECT account_id, {_COLUMNS} FROM jobs
WHERE account_id = $1 AND ($2::smallint IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3) AND id < $4
ORDER BY id DESC LIMIT $5
"""

_ACTIVE = f"SELECT account_id, {_COLUMNS} FROM jobs WHERE account_id = $1 AND state = 0 AND kind = $2"

_OLDEST_HELD = """
SELECT received_at FROM leads WHERE account_id = $1 AND system_status = 1 AND campaign_id = $2 ORDER BY id LIMIT 1
"""


async def insert(connection: Connection, job: Job) -> Job:
    """Write a new job under the next id."""
    numbered = msgspec.structs.replace(job, id=await next_id(connection, job.account_id, "job"))
    values: list[Any] = list(msgspec.structs.astuple(numbered))
    values[3] = msgspec.to_builtins(job.order)
    await connection.execute(_INSERT, *values)
    return numbered


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have jobs to go on with."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(connection: Connection, account_id: int, now: datetime) -> Job | None:
    """Take the job that is due first, until the unit of work ends; None when others have them all."""
    row = await connection.fetchrow(_CLAIM, account_id, now)
    return None if row is None else _job_of(row)


async def hold(connection: Connection, job: Job) -> None:
    """Keep others from a claimed job until the time that stands in it."""
    await connection.execute(_HOLD, job.account_id, job.id, job.due_at)


async def lock(connection: Connection, job: Job) -> bool:
    """Lock a job that is held until the time that stands in it; False when it was cancelled or is another's now."""
    return await connection.fetchval(_LOCK, job.account_id, job.id, job.due_at) is not None


async def advance(connection: Connection, job: Job) -> None:
    """Write how a claimed job stands after a batch."""
    await connection.execute(
        _ADVANCE,
        job.account_id,
        job.id,
        job.state,
        job.cursor,
        job.done,
        job.failed,
        job.skipped,
        job.due_at,
        job.updated_at,
        job.last_error,
    )


async def postpone(connection: Connection, job: Job, due_at: datetime, error: str, now: datetime) -> None:
    """Try a job again later whose batch failed."""
    await connection.execute(_POSTPONE, job.account_id, job.id, due_at, error, now)


async def cancel(connection: Connection, account_id: int, job_id: int, now: datetime) -> bool:
    """End an active job after the batch under way; False when it was not active."""
    return await connection.fetchval(_CANCEL, account_id, job_id, now) is not None


async def find(connection: Connection, account_id: int, job_id: int) -> Job | None:
    """Find a job."""
    row = await connection.fetchrow(_FIND, account_id, job_id)
    return None if row is None else _job_of(row)


async def page(
    connection: Connection,
    account_id: int,
    state: JobState | None,
    kind: JobKind | None,
    before_id: int | None,
    most: int,
) -> list[Job]:
    """List jobs by falling id."""
    rows = await connection.fetch(_PAGE, account_id, state, kind, before_id or LARGEST_ID, most)
    return [_job_of(row) for row in rows]


async def active(connection: Connection, account_id: int, kind: JobKind) -> Sequence[Job]:
    """List the active jobs of a kind."""
    return [_job_of(row) for row in await connection.fetch(_ACTIVE, account_id, kind)]


async def oldest_held(connection: Connection, account_id: int, campaign_id: int) -> datetime | None:
    """Tell when the quarantined lead of a campaign that came first was received."""
    found: datetime | None = await connection.fetchval(_OLDEST_HELD, account_id, campaign_id)
    return found


def _job_of(row: Row) -> Job:
    account_id, id_, kind, payload, state, *rest = row.values()
    return Job(account_id, id_, JobKind(kind), msgspec.convert(payload, JobOrder), JobState(state), *rest)
