"""Two hundred equal posts at once make one row and one set of commissions (docs/leaddyno.md)."""

import asyncio
from typing import Any

import pytest
from tests.dialects.leaddyno.world import World


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/leads", {"email": "many@example.com"}),
        ("/leads", {"email": "many@example.com", "tracking_code": "same", "code": "ann"}),
        ("/affiliates", {"email": "many@example.com", "affiliate_code": "MANY"}),
        ("/visitors", {"tracking_code": "same", "url": "https://shop.example.com/?afmc=ann"}),
        (
            "/purchases",
            {"email": "many@example.com", "purchase_code": "O-1", "purchase_amount": "80", "code": "ann"},
        ),
    ],
)
async def test_one_is_made_and_the_others_are_given_it(
    world: World, path: str, members: dict[str, Any]
) -> None:
    await world.settings(requests_per_minute=0)
    await world.post("/affiliates", email="ann@example.com", affiliate_code="ann")
    before = (await world.get(f"{path}/count"))["count"]

    answers = await asyncio.gather(*(world.call("POST", path, members) for _ in range(200)))

    assert sorted(answer.status_code for answer in answers) == [200] * 199 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await world.get(f"{path}/count"))["count"] == before + 1
    if path == "/purchases":
        assert [one["amount"] for one in (await world.get("/commissions"))["commissions"]] == ["8.0"]
    assert await world.exchange.differences() == []


async def test_of_many_who_want_one_code_one_gets_it(world: World) -> None:
    await world.settings(requests_per_minute=0)
    answers = await asyncio.gather(
        *(
            world.call("POST", "/affiliates", {"email": f"a{n}@example.com", "affiliate_code": "SAME"})
            for n in range(40)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 39
    assert await world.get("/affiliates/count") == {"count": 1}


async def test_of_many_leads_that_want_one_address_one_gets_it(world: World) -> None:
    await world.settings(requests_per_minute=0)
    made = [await world.post("/leads", email=f"l{n}@example.com") for n in range(10)]
    answers = await asyncio.gather(
        *(world.call("PUT", f"/leads/{lead['id']}", {"email": "same@example.com"}) for lead in made)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
