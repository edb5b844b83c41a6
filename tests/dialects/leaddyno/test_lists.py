"""Paging and order of lists (docs/leaddyno.md, "Lists, dates, amounts")."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.dialects.leaddyno.world import PRIVATE_KEY, World

from leadyard.affiliates.affiliates import service
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.app import Services
from leadyard.dialects.leaddyno import LeadDynoDialect
from leadyard.storage.database import Database


@pytest.fixture
async def processes(world: World) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Three web processes: the world's and two more with connections and ids of their own."""
    others = [Database(world.database.dsn) for _ in range(2)]
    clients = [world.http]
    for other in others:
        await other.open()
        dialect = LeadDynoDialect(Services(other, world.services.settings).of_leaddyno())
        transport = httpx.ASGITransport(dialect)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://leads.test/v1"))
    yield clients
    for other in others:
        await other.close()


async def _posted(clients: list[httpx.AsyncClient], path: str, number: int) -> dict[str, Any]:
    """Make something through one process after another."""
    members = {"key": PRIVATE_KEY, "email": f"jo{number}@example.com", "amount": "1"}
    answer = await clients[number % len(clients)].post(path, json=members)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("noun", ["visitors", "leads", "purchases", "affiliates", "commissions"])
async def test_what_is_made_last_comes_first_over_all_processes(
    world: World, processes: list[httpx.AsyncClient], noun: str
) -> None:
    await world.settings(requests_per_minute=0)
    ann = await world.post("/affiliates", email="ann@example.com")
    path = f"/affiliates/{ann['id']}/commissions" if noun == "commissions" else f"/{noun}"

    made = [(await _posted(processes, path, number))["id"] for number in range(20)]

    listed = await world.get(f"/{noun}", per_page=20)
    rows = listed["commissions"] if noun == "commissions" else listed
    assert [row["id"] for row in rows] == made[::-1]
    shown = [(row["created_at"], row["id"]) for row in rows]
    assert shown == sorted(shown, reverse=True)
    await world.settings(list_order="oldest_first")
    oldest = await world.get(f"/{noun}", per_page=100)
    assert (oldest["commissions"] if noun == "commissions" else oldest)[-20:] == rows[::-1]


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
