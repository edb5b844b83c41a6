"""Small ascending ids per account and kind, without a lock that lasts as long as a transaction."""

import time

from leadyard.storage.database import Connection, Database, database_of

_SMALLEST_BLOCK, _LARGEST_BLOCK = 8, 4096
_BLOCK_SECONDS = 1.0

_CLAIM = """
INSERT INTO id_counters (account_id, kind, last) VALUES ($1, $2, $3)
ON CONFLICT (account_id, kind) DO UPDATE SET last = id_counters.last + $3
RETURNING last
"""

# The commit need not wait for the disk: what is written under such an id is logged after it, so that no crash of the
# database keeps the one and forgets the other.
_CLAIM_IN_ORDER = """
INSERT INTO id_counters (account_id, kind, last)
SELECT $1, $2, $3 WHERE set_config('synchronous_commit', 'off', true) IS NOT NULL
ON CONFLICT (account_id, kind) DO UPDATE SET last = id_counters.last + $3
RETURNING last
"""

_RAISE = """
INSERT INTO id_counters (account_id, kind, last) VALUES ($1, $2, $3)
ON CONFLICT (account_id, kind) DO UPDATE SET last = greatest(id_counters.last, $3)
"""

_LAST = "SELECT last FROM id_counters WHERE account_id = $1 AND kind = $2"


async def next_id(connection: Connection, account_id: int, kind: str) -> int:
    """Take the next id of a kind inside the caller's unit of work, without gaps but one caller at a time."""
    return int(await connection.fetchval(_CLAIM, account_id, kind, 1))


async def reserve_up_to(connection: Connection, account_id: int, kind: str, last: int) -> None:
    """Make sure that an id which the operator chose is never given out again."""
    await connection.execute(_RAISE, account_id, kind, last)


async def set_apart(connection: Connection, account_id: int, kind: str, last: int) -> range:
    """Keep all ids up to one that were never given out for the caller alone; the counter is locked until the commit."""
    await reserve_up_to(connection, account_id, kind, 0)
    given = int(await connection.fetchval(_LAST, account_id, kind))
    await reserve_up_to(connection, account_id, kind, last)
    return range(given + 1, last + 1)


async def ids_in_order(connection: Connection, account_id: int, kind: str, count: int = 1) -> range:
    """Take ids in a unit of work in the order of asking, over all processes, without locking the counter until its end.

    Whoever asks after another one was answered gets greater ids: lists show them as newer. What a unit of work that
    fails took stays a gap; ids that are taken like this must be written in the very unit of work.
    """
    async with database_of(connection).beside() as other:
        last = int(await other.fetchval(_CLAIM_IN_ORDER, account_id, kind, count))
    return range(last - count + 1, last + 1)


async def take_ids(
    connection: Connection, account_id: int, kind: str, count: int = 1, *, above: int = 0
) -> range:
    """Take ascending ids in a unit of work without locking the counter; what a failed one took stays a gap.

    All of them are greater than `above`: whoever has locked a row and read the last id that was given under this lock
    gets ids in the order of the lock, on all processes.
    """
    blocks = database_of(connection).id_blocks
    if kind not in blocks:
        blocks[kind] = IdBlocks(database_of(connection), kind, beside=True)
    kept: IdBlocks = blocks[kind]
    return await kept.take(account_id, count, above=above)


class IdBlocks:
    """Ids for the hot path, claimed in blocks in transactions of their own; a lost block leaves a gap.

    The claim waits for the disk: this process may outlive the database, and would go on using a block that the
    database has forgotten in its crash and given to somebody else.
    """

    def __init__(self, database: Database, kind: str, *, beside: bool = False) -> None:
        """Give out ids of one kind; `beside` for those who take them inside a unit of work."""
        self._lend = database.beside if beside else database.connection
        self._kind = kind
        self._free: dict[int, range] = {}
        self._claimed_at: dict[int, float] = {}
        self._sizes: dict[int, int] = {}

    async def take(self, account_id: int, count: int, *, above: int = 0) -> range:
        """Take `count` ascending ids; what is left of a block is used first when it is enough.

        Blocks grow while they last less than a second, so that ids follow arrival to about a second. All are greater
        than `above`, an id that was taken before.
        """
        free = self._free.get(account_id, range(0))
        now = time.monotonic()
        age = now - self._claimed_at.get(account_id, 0.0)
        if len(free) < count or age > _BLOCK_SECONDS or free.start <= above:
            size = self._sizes.get(account_id, _SMALLEST_BLOCK)
            size = min(size * 2, _LARGEST_BLOCK) if age < _BLOCK_SECONDS else _SMALLEST_BLOCK
            self._sizes[account_id], self._claimed_at[account_id] = size, now
            free = await self._claim(account_id, max(count, size))
        # Somebody else may have claimed later ids meanwhile: those before them stay a gap, so that ids go on rising.
        if free.start >= self._free.get(account_id, range(0)).start:
            self._free[account_id] = free[count:]
        return free[:count]

    def put_back(self, account_id: int, unused: range) -> None:
        """Give back the last of what was taken; what others have taken after it stays a gap."""
        free = self._free.get(account_id, range(0))
        if unused and unused.stop == free.start:
            self._free[account_id] = range(unused.start, free.stop)

    async def _claim(self, account_id: int, count: int) -> range:
        async with self._lend() as connection:
            last = int(await connection.fetchval(_CLAIM, account_id, self._kind, count))
        return range(last - count + 1, last + 1)
