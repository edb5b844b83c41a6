"""Which rows of returns and feedback were taken: written in the unit of work that takes them."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.imports.model import ImportRun
from leadyard.storage.database import Connection

_CLAIM = """
INSERT INTO import_receipts (account_id, digest, number, taken_at)
SELECT $1, $2, number, $4 FROM unnest($3::bigint[]) AS number ORDER BY number
ON CONFLICT (account_id, digest, number) DO NOTHING RETURNING number
"""

_READ = """
SELECT number, taken_at FROM import_receipts
WHERE account_id = $1 AND digest = $2 AND number = ANY($3::bigint[])
"""

_GIVE_BACK = (
    "DELETE FROM import_receipts WHERE account_id = $1 AND digest = $2 AND number = ANY($3::bigint[])"
)


async def claim(
    connection: Connection, run: ImportRun, numbers: Sequence[int], now: datetime
) -> dict[int, datetime]:
    """Claim rows until the unit of work ends and after it; gives those that were taken before, and when.

    Waits for another run over the same file that has just claimed them.
    """
    rows = await connection.fetch(_CLAIM, run.account_id, run.digest, sorted(numbers), now)
    fresh = {row["number"] for row in rows}
    others = [number for number in numbers if number not in fresh]
    if not others:
        return {}
    rows = await connection.fetch(_READ, run.account_id, run.digest, others)
    return {row["number"]: row["taken_at"] for row in rows}


async def give_back(connection: Connection, run: ImportRun, numbers: Sequence[int]) -> None:
    """Give claimed rows back that were refused, so that a later run may try them again."""
    if numbers:
        await connection.execute(_GIVE_BACK, run.account_id, run.digest, numbers)
