"""How many visitors, people and the like an account has, without counting them: sums of a few rows each."""

import secrets

from leadyard.storage.database import Connection

SLOTS = 16
"""Writers spread over so many rows, so that they seldom wait for each other."""

_ADD = """
INSERT INTO tallies (account_id, what, slot, count) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, what, slot) DO UPDATE SET count = tallies.count + $4
"""

_TOTAL = "SELECT coalesce(sum(count), 0)::bigint FROM tallies WHERE account_id = $1 AND what = $2"


async def add(connection: Connection, account_id: int, what: str, count: int) -> None:
    """Count more or fewer of something, in the unit of work that makes them so."""
    if count:
        await connection.execute(_ADD, account_id, what, secrets.randbelow(SLOTS), count)


async def total(connection: Connection, account_id: int, what: str) -> int:
    """Tell how many there are."""
    return int(await connection.fetchval(_TOTAL, account_id, what))
