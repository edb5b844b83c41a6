"""Ids that are given out in blocks and one by one: unique, and never lower than those given before."""

import asyncio

import pytest

from leadyard.kit.errors import UnavailableError
from leadyard.storage.counters import IdBlocks, _Block, ids_in_order
from leadyard.storage.database import Database

ACCOUNT = 1


class SlowBlocks(IdBlocks):
    """Blocks whose first claim is answered after the others."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "things")
        self.claimed, self.late = asyncio.Event(), asyncio.Event()

    async def _claim(self, account_id: int, count: int) -> range:
        block = await super()._claim(account_id, count)
        if not self.claimed.is_set():
            self.claimed.set()
            await self.late.wait()
        return block


async def test_a_block_that_comes_late_is_not_used_after_a_later_one(database: Database) -> None:
    blocks = SlowBlocks(database)
    slow = asyncio.create_task(blocks.take(ACCOUNT, 1))
    await blocks.claimed.wait()
    later = await blocks.take(ACCOUNT, 1)
    blocks.late.set()
    earlier = await slow

    assert earlier.start < later.start < (await blocks.take(ACCOUNT, 1)).start


async def test_ids_of_many_at_once_are_unique_and_those_of_one_after_another_rise(database: Database) -> None:
    async def one() -> range:
        async with database.unit_of_work() as connection:
            return await ids_in_order(connection, ACCOUNT, "things", 3)

    taken = [number for ids in await asyncio.gather(*(one() for _ in range(30))) for number in ids]

    assert sorted(taken) == list(range(1, 91))
    assert await one() == range(91, 94)
    assert await one() == range(94, 97)


async def test_a_unit_of_work_does_not_hold_the_counter(database: Database) -> None:
    async with database.unit_of_work() as first:
        await ids_in_order(first, ACCOUNT, "things")
        async with asyncio.timeout(20), database.unit_of_work() as second:
            assert await ids_in_order(second, ACCOUNT, "things") == range(2, 3)


class CountingBlocks(IdBlocks):
    """Blocks that tell how often nobody had claimed the next one, and that the database may refuse."""

    def __init__(self, database: Database, *, beside: bool = False) -> None:
        super().__init__(database, "things", beside=beside)
        self.claimed_late, self.is_away = 0, False

    async def _next(self, account_id: int, count: int, above: int) -> _Block:
        self.claimed_late += account_id not in self._coming
        return await super()._next(account_id, count, above)

    async def _claim(self, account_id: int, count: int) -> range:
        if self.is_away:
            raise UnavailableError("the database cannot be reached")
        return await super()._claim(account_id, count)


async def _take_until_busy(blocks: IdBlocks) -> list[int]:
    """Take ids until a block of more than a hundred is half empty."""
    return [number for _ in range(30) for number in await blocks.take(ACCOUNT, 10)]


async def test_the_next_block_comes_before_it_is_needed(database: Database) -> None:
    blocks = CountingBlocks(database)
    taken = await _take_until_busy(blocks)
    blocks.claimed_late = 0
    for _ in range(200):
        taken += await blocks.take(ACCOUNT, 10)
        await asyncio.sleep(0.001)

    assert blocks.claimed_late <= 1
    assert taken == sorted(set(taken))


async def test_a_next_block_that_did_not_come_is_claimed_by_who_needs_it(database: Database) -> None:
    blocks = CountingBlocks(database)
    taken = await _take_until_busy(blocks)
    assert blocks._coming
    blocks.is_away = True
    with pytest.raises(UnavailableError):
        await _take_until_busy(blocks)
    blocks.is_away = False
    taken += await blocks.take(ACCOUNT, 10)

    assert taken == sorted(set(taken))


async def test_whoever_takes_ids_in_a_unit_of_work_claims_none_ahead(database: Database) -> None:
    blocks = CountingBlocks(database, beside=True)
    await _take_until_busy(blocks)

    assert not blocks._coming
