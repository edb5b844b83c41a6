"""The statements of suppression lists' values."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.storage.database import Connection, Row

_ADD = """
INSERT INTO suppression_entries (account_id, list_id, digest, added_at)
SELECT $1, $2, digest, $4 FROM unnest($3::bytea[]) AS row (digest)
ON CONFLICT (account_id, list_id, digest) DO NOTHING
"""

# Where values count for a time only, one that comes again counts anew. Otherwise nothing is written for it.
_REFRESH = """
UPDATE suppression_entries SET added_at = $4
WHERE account_id = $1 AND list_id = $2 AND digest = ANY($3::bytea[]) AND added_at < $4
"""

_REMOVE = (
    "DELETE FROM suppression_entries WHERE account_id = $1 AND list_id = $2 AND digest = ANY($3::bytea[])"
)

_CLEAR = "DELETE FROM suppression_entries WHERE account_id = $1 AND list_id = $2"

_COUNT = "SELECT count(*) FROM suppression_entries WHERE account_id = $1 AND list_id = $2"

_LOCK_LIST = "SELECT id FROM suppression_lists WHERE account_id = $1 AND id = $2 FOR UPDATE"

_MATCHING = """
SELECT DISTINCT e.list_id FROM unnest($2::bigint[], $3::bytea[], $4::timestamptz[]) AS row (list_id, digest, since)
JOIN suppression_entries e ON e.account_id = $1 AND e.list_id = row.list_id AND e.digest = row.digest
  AND e.added_at >= row.since
"""

_LISTS = "SELECT id, name, status, settings FROM suppression_lists WHERE account_id = $1 ORDER BY id"


async def add(
    connection: Connection,
    account_id: int,
    list_id: int,
    digests: Sequence[bytes],
    now: datetime,
    *,
    refreshes: bool,
) -> int:
    """Put values on a list; gives how many were not on it. Those that were count anew if it `refreshes` them."""
    if refreshes:
        await connection.execute(_REFRESH, account_id, list_id, digests, now)
    return _changed(await connection.execute(_ADD, account_id, list_id, digests, now))


async def remove(connection: Connection, account_id: int, list_id: int, digests: Sequence[bytes]) -> int:
    """Take values off a list; gives how many were on it."""
    return _changed(await connection.execute(_REMOVE, account_id, list_id, digests))


async def clear(connection: Connection, account_id: int, list_id: int) -> int:
    """Empty a list; gives how many values were on it."""
    return _changed(await connection.execute(_CLEAR, account_id, list_id))


async def count(connection: Connection, account_id: int, list_id: int) -> int:
    """Count the values of a list."""
    return int(await connection.fetchval(_COUNT, account_id, list_id))


async def lock_list(connection: Connection, account_id: int, list_id: int) -> None:
    """Let other changes of the list's values wait, so that two uploads never meet in the middle."""
    await connection.execute(_LOCK_LIST, account_id, list_id)


async def matching(
    connection: Connection,
    account_id: int,
    list_ids: Sequence[int],
    digests: Sequence[bytes],
    since: Sequence[datetime],
) -> set[int]:
    """Tell which lists hold one of the digests, each given with its list and since when it must be there."""
    rows = await connection.fetch(_MATCHING, account_id, list_ids, digests, since)
    return {row["list_id"] for row in rows}


async def lists(connection: Connection, account_id: int) -> list[Row]:
    """Read every list of an account, without its values."""
    return list(await connection.fetch(_LISTS, account_id))


def _changed(status: str) -> int:
    return int(status.rpartition(" ")[2])
