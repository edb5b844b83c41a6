"""Paging and order of lists (docs/leaddyno.md, "Lists, dates, amounts")."""

import pytest
from tests.dialects.leaddyno.world import World

from leadyard.affiliates.affiliates import service
from leadyard.affiliates.affiliates.inputs import AffiliateInput


async def _many(world: World, count: int) -> None:
    async with world.database.unit_of_work() as connection:
        for number in range(count):
            wanted = AffiliateInput(email=f"a{number}@example.com")
            await service.create_in(connection, world.exchange.actor, wanted)


async def test_the_newest_come_first_a_hundred_on_a_page(world: World) -> None:
    await _many(world, 105)

    first = await world.get("/affiliates")
    second = await world.get("/affiliates", page="2")

    assert [row["email"] for row in first] == [f"a{number}@example.com" for number in range(104, 4, -1)]
    assert [row["email"] for row in second] == [f"a{number}@example.com" for number in range(4, -1, -1)]
    assert await world.get("/affiliates", page=3) == []
    assert await world.get("/affiliates", page=10**30) == []
    assert len(await world.get("/affiliates", per_page=500)) == 105


@pytest.mark.parametrize("bad", ["0", "-1", "x", "1.5", "", "1e3", "\u0661"])
async def test_what_is_no_positive_number_counts_as_not_given(world: World, bad: str) -> None:
    await _many(world, 3)
    assert len(await world.get("/affiliates", page=bad, per_page=bad)) == 3


async def test_the_account_may_want_the_oldest_first(world: World) -> None:
    await _many(world, 3)
    await world.settings(list_order="oldest_first")
    shown = await world.get("/affiliates", per_page=2)
    assert [row["email"] for row in shown] == ["a0@example.com", "a1@example.com"]
