"""Ids that are given out in blocks and one by one: unique, and never lower than those given before."""

import asyncio

from leadyard.storage.counters import IdBlocks, ids_in_order
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
