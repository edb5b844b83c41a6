"""The statements of files that were handed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from leadyard.imports.jobs.model import MOST_OPEN, Author, Import, ImportState
from leadyard.imports.model import ImportOrder, Refusal, Step, Summary
from leadyard.storage.counters import next_id
from leadyard.storage.database import LARGEST_ID, Connection, Row, encode_json

_COLUMNS = (
    "account_id, id, name, settings, author, state, digest, size, cursor, total, summary, header, problem, "
    "worker, due_at, made_by, created_at, started_at, updated_at, ended_at, is_emptied"
)

_INSERT = """
INSERT INTO imports (account_id, id, name, settings, author, state, summary, due_at, made_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $9)
"""

_COUNT_OPEN = "SELECT count(*) FROM imports WHERE account_id = $1 AND state IN (0, 1)"

_ADD_CHUNK = """
WITH grown AS (
  UPDATE imports SET size = size + length($4::bytea), due_at = $5, updated_at = $6
  WHERE account_id = $1 AND id = $2 AND state = 0 RETURNING id)
INSERT INTO import_chunks (account_id, import_id, number, bytes) SELECT $1, id, $3, $4::bytea FROM grown RETURNING number
"""

_ARRIVED = """
UPDATE imports SET state = 1, digest = $3, due_at = $4, updated_at = $4
WHERE account_id = $1 AND id = $2 AND state = 0 RETURNING id
"""

_CHUNK = "SELECT bytes FROM import_chunks WHERE account_id = $1 AND import_id = $2 AND number = $3"

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM imports WHERE state IN (0, 1) AND due_at <= $1"

_CLAIM = f"""
UPDATE imports SET worker = $3, due_at = $4, started_at = coalesce(started_at, $2), problem = NULL
WHERE account_id = $1 AND id IN (
  SELECT id FROM imports i WHERE account_id = $1 AND state = 1 AND due_at <= $2 AND NOT EXISTS (
    SELECT FROM imports other WHERE other.account_id = $1 AND other.state = 1
    AND other.worker IS NOT NULL AND other.due_at > $2)
  ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}
"""

_BEGIN = """
UPDATE imports SET header = $4, total = $5, updated_at = $6
WHERE account_id = $1 AND id = $2 AND worker = $3
"""

_HOLD = "UPDATE imports SET due_at = $4 WHERE account_id = $1 AND id = $2 AND worker = $3 AND state = 1"

_ADVANCE = """
UPDATE imports SET cursor = $4, summary = $5, due_at = $6, updated_at = $7
WHERE account_id = $1 AND id = $2 AND worker = $3 RETURNING state
"""

_REFUSE = """
INSERT INTO import_refusals (account_id, import_id, number, code, reasons, cells)
SELECT $1, $2, number, code, reasons::jsonb, cells::jsonb
FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[]) AS row (number, code, reasons, cells)
ON CONFLICT (account_id, import_id, number) DO NOTHING
"""

_RELEASE = """
UPDATE imports SET worker = NULL, due_at = $4, updated_at = $5, problem = $6
WHERE account_id = $1 AND id = $2 AND worker = $3
"""

_END = """
UPDATE imports SET state = $4, worker = NULL, ended_at = $5, updated_at = $5, problem = $6
WHERE account_id = $1 AND id = $2 AND worker = $3 AND state = 1
RETURNING id
"""

_CANCEL = """
UPDATE imports SET state = 3, ended_at = $3, updated_at = $3
WHERE account_id = $1 AND id = $2 AND state IN (0, 1) RETURNING id
"""

_FIND = f"SELECT {_COLUMNS} FROM imports WHERE account_id = $1 AND id = $2"

_PAGE = f"""
SELECT {_COLUMNS} FROM imports
WHERE account_id = $1 AND ($2::smallint IS NULL OR state = $2) AND settings->>'kind' = ANY($3::text[])
  AND ($4::text IS NULL OR author->>'key_id' = $4) AND id < $5
ORDER BY id DESC LIMIT $6
"""

_REFUSALS = """
SELECT number, code, reasons, cells FROM import_refusals
WHERE account_id = $1 AND import_id = $2 AND number > $3 ORDER BY number LIMIT $4
"""

_FULL_ACCOUNTS = "SELECT DISTINCT account_id FROM imports WHERE NOT is_emptied AND ended_at < $1"

_FULL = (
    "SELECT id FROM imports WHERE account_id = $1 AND NOT is_emptied AND ended_at < $2 ORDER BY id LIMIT 20"
)

_ABANDONED = (
    "SELECT id FROM imports WHERE account_id = $1 AND state = 0 AND due_at <= $2 ORDER BY id LIMIT 20"
)

_EMPTY = "UPDATE imports SET is_emptied = true WHERE account_id = $1 AND id = ANY($2::bigint[])"

_PARTS = ("import_chunks", "import_refusals")


async def insert(connection: Connection, new: Import) -> int | None:
    """Write a file that is arriving under the next id; None when the account has too many under way."""
    number = await next_id(connection, new.account_id, "import")
    if await connection.fetchval(_COUNT_OPEN, new.account_id) >= MOST_OPEN:
        return None
    documents = [msgspec.to_builtins(part) for part in (new.order, new.author, new.summary)]
    order, author, summary = documents
    await connection.execute(
        _INSERT, new.account_id, number, new.name, order, author, summary, new.due_at, new.made_by, new.created_at
    )  # fmt: skip
    return number


async def add_chunk(
    connection: Connection, account_id: int, import_id: int, number: int, chunk: bytes, due: datetime, now: datetime
) -> bool:  # fmt: skip
    """Keep a piece of a file that is arriving; False when nobody waits for it any more."""
    added = await connection.fetchval(_ADD_CHUNK, account_id, import_id, number, chunk, due, now)
    return added is not None


async def arrived(
    connection: Connection, account_id: int, import_id: int, digest: bytes, now: datetime
) -> bool:
    """Let workers have a file that is complete; False when nobody waits for it any more."""
    return await connection.fetchval(_ARRIVED, account_id, import_id, digest, now) is not None


async def chunk(connection: Connection, account_id: int, import_id: int, number: int) -> bytes | None:
    """Read a piece of a file; None behind the last one."""
    found: bytes | None = await connection.fetchval(_CHUNK, account_id, import_id, number)
    return found


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have imports to go on with, or files that never arrived."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(
    connection: Connection, account_id: int, worker: UUID, due: datetime, now: datetime
) -> Import | None:
    """Take the oldest import that nobody holds, one of an account at a time; None when there is none."""
    row = await connection.fetchrow(_CLAIM, account_id, now, worker, due)
    return None if row is None else _import_of(row)


async def begin(
    connection: Connection, held: Import, header: list[str], total: int | None, now: datetime
) -> None:
    """Write what the file says of itself."""
    await connection.execute(_BEGIN, held.account_id, held.id, held.worker, header, total, now)


async def hold(connection: Connection, held: Import, due: datetime) -> None:
    """Hold an import for longer."""
    await connection.execute(_HOLD, held.account_id, held.id, held.worker, due)


async def advance(
    connection: Connection, held: Import, step: Step, summary: Summary, due: datetime, now: datetime
) -> ImportState | None:
    """Write how far an import is, with the rows that were refused; None when another worker has taken it over."""
    state = await connection.fetchval(
        _ADVANCE, held.account_id, held.id, held.worker, step.last_row, msgspec.to_builtins(summary), due, now
    )
    if state is None:
        return None
    if step.refusals:
        numbers, codes, reasons, cells = [], [], [], []
        for one in step.refusals:
            numbers.append(one.number)
            codes.append(one.code)
            reasons.append(encode_json(one.reasons))
            cells.append(encode_json(one.cells))
        await connection.execute(_REFUSE, held.account_id, held.id, numbers, codes, reasons, cells)
    return ImportState(state)


async def release(
    connection: Connection, held: Import, due: datetime, now: datetime, problem: str | None = None
) -> None:
    """Let others go on with an import."""
    await connection.execute(_RELEASE, held.account_id, held.id, held.worker, due, now, problem)


async def end(
    connection: Connection, held: Import, state: ImportState, now: datetime, problem: str | None = None
) -> bool:
    """End an import that is still held and active; False for any other."""
    told = held.account_id, held.id, held.worker, state, now, problem
    return await connection.fetchval(_END, *told) is not None


async def cancel(connection: Connection, account_id: int, import_id: int, now: datetime) -> bool:
    """End an import after the chunk under way; False when it was over already."""
    return await connection.fetchval(_CANCEL, account_id, import_id, now) is not None


async def find(connection: Connection, account_id: int, import_id: int) -> Import | None:
    """Find an import."""
    row = await connection.fetchrow(_FIND, account_id, min(import_id, LARGEST_ID))
    return None if row is None else _import_of(row)


async def page(
    connection: Connection,
    account_id: int,
    state: ImportState | None,
    kinds: Sequence[str],
    key_id: int | None,
    before_id: int | None,
    most: int,
) -> list[Import]:
    """List imports by falling id."""
    key = None if key_id is None else str(key_id)
    before = before_id or LARGEST_ID
    rows = await connection.fetch(_PAGE, account_id, state, kinds, key, before, most)
    return [_import_of(row) for row in rows]


async def refusals(
    connection: Connection, account_id: int, import_id: int, after: int, most: int
) -> list[Refusal]:
    """List refused rows in order of their numbers."""
    rows = await connection.fetch(_REFUSALS, account_id, import_id, after, most)
    return [Refusal(row["number"], row["code"], tuple(row["reasons"]), row["cells"]) for row in rows]


async def full_accounts(connection: Connection, before: datetime) -> list[int]:
    """List the accounts that keep files of imports that ended before an instant."""
    return [row["account_id"] for row in await connection.fetch(_FULL_ACCOUNTS, before)]


async def ended_before(connection: Connection, account_id: int, before: datetime) -> list[int]:
    """List some imports whose files are still kept."""
    return [row["id"] for row in await connection.fetch(_FULL, account_id, before)]


async def abandoned(connection: Connection, account_id: int, now: datetime) -> list[int]:
    """List some files that never arrived."""
    return [row["id"] for row in await connection.fetch(_ABANDONED, account_id, now)]


async def empty(connection: Connection, account_id: int, ids: Sequence[int]) -> None:
    """Forget files and refused rows, not the imports."""
    for table in _PARTS:
        await connection.execute(
            f"DELETE FROM {table} WHERE account_id = $1 AND import_id = ANY($2::bigint[])", account_id, ids
        )
    await connection.execute(_EMPTY, account_id, ids)


def _import_of(row: Row) -> Import:
    values: dict[str, Any] = dict(row.items())
    values["order"] = msgspec.convert(values.pop("settings"), ImportOrder)
    values["author"] = msgspec.convert(values["author"], Author)
    values["summary"] = msgspec.convert(values["summary"], Summary)
    values["state"] = ImportState(values["state"])
    return Import(**values)
