"""Small ascending ids per account and kind, without a lock that lasts as long as a transaction."""

import asyncio
import time

import msgspec

from leadyard.storage.database import Connection, Database, database_of

_SMALLEST_BLOCK, _LARGEST_BLOCK = 8, 4096
_BLOCK_SECONDS = 1.0
_BUSY = 64
"""Of a block of which so many ids were taken, the rest or the next will be wanted within the second."""

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


class _Block(msgspec.Struct):
    """Ids that a process may give out: those that are left, how many there were, and when they were claimed."""

    free: range
    size: int
    claimed_at: float


_NO_BLOCK = _Block(range(0), 0, 0.0)


class IdBlocks:
    """Ids for the hot path, claimed in blocks in transactions of their own; a lost block leaves a gap.

    The claim waits for the disk: this process may outlive the database, and would go on using a block that the
    database has forgotten in its crash and given to somebody else. Where many are taken, the next block is claimed
    before it is needed, so that nobody waits for it.
    """

    def __init__(self, database: Database, kind: str, *, beside: bool = False) -> None:
        """Give out ids of one kind; `beside` for those who take them inside a unit of work."""
        self._lend = database.beside if beside else database.connection
        self._looks_ahead = not beside
        self._kind = kind
        self._blocks: dict[int, _Block] = {}
        self._coming: dict[int, asyncio.Task[_Block]] = {}

    async def take(self, account_id: int, count: int, *, above: int = 0) -> range:
        """Take `count` ascending ids; what is left of a block is used first when it is enough.

        Blocks grow while they last less than a second, so that ids follow arrival to about a second. All are greater
        than `above`, an id that was taken before.
        """
        block = self._blocks.get(account_id, _NO_BLOCK)
        if not _serves(block, count, above):
            block = await self._next(account_id, count, above)
        # Somebody else may have claimed later ids meanwhile: those before them stay a gap, so that ids go on rising.
        if block.free.start >= self._blocks.get(account_id, _NO_BLOCK).free.start:
            self._blocks[account_id] = block
        ids, block.free = block.free[:count], block.free[count:]
        if self._looks_ahead and account_id not in self._coming:
            self._look_ahead(account_id, self._blocks[account_id])
        return ids

    async def _next(self, account_id: int, count: int, above: int) -> _Block:
        coming = self._coming.pop(account_id, None)
        if coming is not None:
            await asyncio.wait([coming])
            if (
                not coming.cancelled()
                and coming.exception() is None
                and _serves(coming.result(), count, above)
            ):
                return coming.result()
        last = self._blocks.get(account_id, _NO_BLOCK)
        is_quick = time.monotonic() - last.claimed_at < _BLOCK_SECONDS
        size = min(last.size * 2, _LARGEST_BLOCK) if is_quick else _SMALLEST_BLOCK
        return await self._claim_block(account_id, max(count, size))

    def _look_ahead(self, account_id: int, block: _Block) -> None:
        """Claim the next block while this one lasts, unless so few ids are taken that it would be claimed in vain."""
        used = block.size - len(block.free)
        if used < _BUSY:
            return
        if used * 2 >= block.size:
            size = min(block.size * 2, _LARGEST_BLOCK)
        elif time.monotonic() - block.claimed_at > _BLOCK_SECONDS / 2:
            size = used * 2
        else:
            return
        coming = self._coming[account_id] = asyncio.create_task(self._claim_block(account_id, size))
        # Whoever needs the block sees why it did not come, and claims one himself; nobody may ever need it.
        coming.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _claim_block(self, account_id: int, size: int) -> _Block:
        return _Block(await self._claim(account_id, size), size, time.monotonic())

    async def _claim(self, account_id: int, count: int) -> range:
        async with self._lend() as connection:
            last = int(await connection.fetchval(_CLAIM, account_id, self._kind, count))
        return range(last - count + 1, last + 1)


def _serves(block: _Block, count: int, above: int) -> bool:
    """Tell whether a block has so many ids above another, and is young enough for them to follow arrival."""
    is_young = time.monotonic() - block.claimed_at <= _BLOCK_SECONDS
    return len(block.free) >= count and is_young and block.free.start > above
