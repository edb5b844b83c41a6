"""Small ascending ids per account and kind, without a lock that lasts as long as a transaction."""

from leadyard.storage.database import Connection, Database

_CLAIM = """
INSERT INTO id_counters (account_id, kind, last) VALUES ($1, $2, $3)
ON CONFLICT (account_id, kind) DO UPDATE SET last = id_counters.last + $3
RETURNING last
"""

_RAISE = """
INSERT INTO id_counters (account_id, kind, last) VALUES ($1, $2, $3)
ON CONFLICT (account_id, kind) DO UPDATE SET last = greatest(id_counters.last, $3)
"""


async def next_id(connection: Connection, account_id: int, kind: str) -> int:
    """Take the next id of a kind inside the caller's unit of work, without gaps but one caller at a time."""
    return int(await connection.fetchval(_CLAIM, account_id, kind, 1))


async def reserve_up_to(connection: Connection, account_id: int, kind: str, last: int) -> None:
    """Make sure that an id which the operator chose is never given out again."""
    await connection.execute(_RAISE, account_id, kind, last)


class IdBlocks:
    """Ids for the hot path, claimed in blocks in transactions of their own; a lost block leaves a gap.

    The claim does not wait for the disk: the log is written in order, so any later commit that uses an id
    carries the claim to disk with it, and a claim that a crash forgets was used by nothing that survived.
    """

    def __init__(self, database: Database, kind: str) -> None:
        """Give out ids of one kind."""
        self._database = database
        self._kind = kind
        self._free: dict[int, range] = {}

    async def take(self, account_id: int, count: int) -> range:
        """Take `count` ascending ids; what is left of a block is used first when it is enough."""
        free = self._free.get(account_id, range(0))
        if len(free) < count:
            free = await self._claim(account_id, max(count, 16))
        self._free[account_id] = free[count:]
        return free[:count]

    async def _claim(self, account_id: int, count: int) -> range:
        async with self._database.unit_of_work() as connection:
            await connection.execute("SET LOCAL synchronous_commit = off")
            last = int(await connection.fetchval(_CLAIM, account_id, self._kind, count))
        return range(last - count + 1, last + 1)
