"""The statements of file deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leadyard.delivery.files.model import Claimed, FileState, QueuedDelivery
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Row

_QUEUE = """
INSERT INTO delivery_file_leads (account_id, lead_id, number, delivery_id, queued_at)
SELECT $1, lead_id, number, delivery_id, $2
FROM unnest($3::bigint[], $4::smallint[], $5::bigint[]) AS row (lead_id, number, delivery_id)
ON CONFLICT (account_id, lead_id, number) DO NOTHING
"""

# Tells in which accounts there is work; the statements that follow name one each.
_DUE_ACCOUNTS = """
SELECT account_id, delivery_id, min(queued_at) AS oldest FROM delivery_file_leads
WHERE file_id IS NULL GROUP BY account_id, delivery_id
"""

_LOCK_DELIVERY = "SELECT 1 FROM deliveries WHERE account_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED"

# A sale that was taken back before its file was built is in no file.
_DROP_RETURNED = """
DELETE FROM delivery_file_leads q USING delivery_attempts a
WHERE q.account_id = $1 AND q.delivery_id = $2 AND q.file_id IS NULL
  AND a.account_id = $1 AND a.lead_id = q.lead_id AND a.number = q.number AND a.state NOT IN (2, 8)
"""

_WAITING = """
SELECT q.number, q.delivery_id, 0 AS after_attempt, l.id, l.uuid, l.campaign_id, l.supplier_id, l.sub_supplier_id,
       l.channel, l.system_status, l.sale_status, l.standing, l.fields, l.currency, l.received_at, NULL AS tried,
       l.validation_cost + l.email_cost + l.sms_cost AS costs
FROM delivery_file_leads q JOIN leads l ON l.account_id = $1 AND l.id = q.lead_id
WHERE q.account_id = $1 AND q.delivery_id = $2 AND q.file_id IS NULL AND q.queued_at <= $3
ORDER BY q.queued_at, q.lead_id, q.number LIMIT $4
"""

_LAST_NUMBER = (
    "SELECT coalesce(max(number), 0) FROM delivery_files WHERE account_id = $1 AND delivery_id = $2"
)

_NAME_IS_TAKEN = "SELECT EXISTS (SELECT 1 FROM delivery_files WHERE account_id = $1 AND name = $2)"

_INSERT = """
INSERT INTO delivery_files (account_id, id, delivery_id, number, name, format, state, row_count, size, destination,
                            built_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $10)
"""

_INSERT_CONTENT = "INSERT INTO delivery_file_contents (account_id, file_id, content) VALUES ($1, $2, $3)"

_FILL = """
UPDATE delivery_file_leads q SET file_id = $2
FROM unnest($3::bigint[], $4::smallint[]) AS row (lead_id, number)
WHERE q.account_id = $1 AND q.lead_id = row.lead_id AND q.number = row.number AND q.file_id IS NULL
"""

_DUE_FILE_ACCOUNTS = "SELECT DISTINCT account_id FROM delivery_files WHERE state IN (0, 1) AND due_at <= $1"

_DUE_FILES = """
SELECT id, delivery_id, name, state, tries, destination FROM delivery_files
WHERE account_id = $1 AND state IN (0, 1) AND due_at <= $2
ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""

_BEGIN = """
UPDATE delivery_files SET state = 1, tries = tries + 1, due_at = $3, destination = $4
WHERE account_id = $1 AND id = $2
RETURNING id, delivery_id, name, format, row_count, tries, tries_before,
  (SELECT content FROM delivery_file_contents c WHERE c.account_id = $1 AND c.file_id = $2) AS content
"""

_SETTLE = """
UPDATE delivery_files SET state = $4, error = $5, due_at = $6, finished_at = $7
WHERE account_id = $1 AND id = $2 AND tries = $3 AND state IN (1, 4)
RETURNING id
"""

_MOVE = """
UPDATE delivery_files SET state = $3, error = $4, due_at = $5, finished_at = $6, tries_before = tries
WHERE account_id = $1 AND id = $2
"""

_FIND = """
SELECT id, delivery_id, number, name, format, state, row_count, size, destination, error, tries, built_at, due_at,
       finished_at
FROM delivery_files WHERE account_id = $1 AND id = $2
"""

_LIST = """
SELECT id, delivery_id, number, name, format, state, row_count, size, destination, error, tries, built_at, due_at,
       finished_at, count(*) OVER () AS total
FROM delivery_files
WHERE account_id = $1 AND ($2::bigint IS NULL OR delivery_id = $2) AND ($3::smallint IS NULL OR state = $3)
ORDER BY id DESC LIMIT $4 OFFSET $5
"""


async def queue(
    connection: Connection, account_id: int, now: datetime, sales: Sequence[tuple[int, int, int]]
) -> None:
    """Queue sales, as (lead, attempt, delivery), for their deliveries' next files; one that is queued stays so."""
    if sales:
        columns = [list(column) for column in zip(*sales, strict=True)]
        await connection.execute(_QUEUE, account_id, now, *columns)


async def queued_deliveries(connection: Connection) -> list[QueuedDelivery]:
    """List the deliveries of all accounts that have leads waiting for a file."""
    return [QueuedDelivery(*row.values()) for row in await connection.fetch(_DUE_ACCOUNTS)]


async def lock_delivery(connection: Connection, account_id: int, delivery_id: int) -> bool:
    """Keep other processes from building a file of this delivery; False when one does so already."""
    return await connection.fetchval(_LOCK_DELIVERY, account_id, delivery_id) is not None


async def drop_returned(connection: Connection, account_id: int, delivery_id: int) -> None:
    """Take sales that were taken back out of a delivery's queue."""
    await connection.execute(_DROP_RETURNED, account_id, delivery_id)


async def next_number(connection: Connection, account_id: int, delivery_id: int) -> int:
    """Tell the number of a delivery's next file; the caller has locked the delivery."""
    return int(await connection.fetchval(_LAST_NUMBER, account_id, delivery_id)) + 1


async def name_is_taken(connection: Connection, account_id: int, name: str) -> bool:
    """Tell whether a file of the account has this name."""
    return bool(await connection.fetchval(_NAME_IS_TAKEN, account_id, name))


async def open_queue(
    connection: Connection, account_id: int, delivery_id: int, until: datetime, most: int
) -> Any:
    """Open a cursor over the leads that wait since `until` or longer, oldest first."""
    return await connection.cursor(_WAITING, account_id, delivery_id, until, most)


async def insert(
    connection: Connection,
    account_id: int,
    *,
    delivery_id: int,
    number: int,
    name: str,
    form: str,
    content: bytes,
    destination: str,
    sales: Sequence[tuple[int, int]],
    now: datetime,
) -> int:
    """Write a built file with its bytes and its leads, as (lead, attempt); gives its id."""
    file_id = await next_id(connection, account_id, "delivery file")
    await connection.execute(
        _INSERT, account_id, file_id, delivery_id, number, name, form, len(sales), len(content), destination, now
    )  # fmt: skip
    await connection.execute(_INSERT_CONTENT, account_id, file_id, content)
    columns = [list(column) for column in zip(*sales, strict=True)]
    await connection.execute(_FILL, account_id, file_id, *columns)
    return file_id


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have files to hand over, or whose hand-over has overrun its time."""
    return [row["account_id"] for row in await connection.fetch(_DUE_FILE_ACCOUNTS, now)]


async def due_files(connection: Connection, account_id: int, now: datetime, most: int) -> list[Row]:
    """Lock due files of an account."""
    return list(await connection.fetch(_DUE_FILES, account_id, now, most))


async def begin(
    connection: Connection, account_id: int, file_id: int, until: datetime, destination: str
) -> Claimed:
    """Mark a file as being handed over, which may take `until` then."""
    row = await connection.fetchrow(_BEGIN, account_id, file_id, until, destination)
    if row is None:
        raise LookupError("a locked file is gone")
    return Claimed(account_id, *row.values())


async def settle(
    connection: Connection,
    file: Claimed,
    state: FileState,
    error: str | None,
    due_at: datetime,
    finished_at: datetime | None,
) -> bool:
    """Write what became of one try; False when somebody has decided otherwise meanwhile."""
    told = file.account_id, file.id, file.tries, state, error, due_at, finished_at
    return await connection.fetchval(_SETTLE, *told) is not None


async def move(
    connection: Connection,
    account_id: int,
    file_id: int,
    state: FileState,
    error: str | None,
    due_at: datetime,
    finished_at: datetime | None,
) -> None:
    """Put a file into another state; the caller has locked it."""
    await connection.execute(_MOVE, account_id, file_id, state, error, due_at, finished_at)


async def find(connection: Connection, account_id: int, file_id: int, *, lock: bool = False) -> Row | None:
    """Find a file of the account, locking it when asked."""
    return await connection.fetchrow(_FIND + (" FOR UPDATE" if lock else ""), account_id, file_id)


async def page(
    connection: Connection,
    account_id: int,
    delivery_id: int | None,
    state: FileState | None,
    limit: int,
    offset: int,
) -> list[Row]:
    """Give files, the newest first, each with the number of all that fit."""
    return list(await connection.fetch(_LIST, account_id, delivery_id, state, limit, offset))
