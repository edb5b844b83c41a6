"""Traffic campaigns through the own API, and how links find them."""

import httpx
from tests.exchange import Exchange

from leadyard.affiliates.traffic_campaigns import service
from leadyard.storage.database import Database


async def test_a_campaign_is_found_by_link_code_and_by_code(
    client: httpx.AsyncClient, exchange: Exchange, database: Database
) -> None:
    made = await client.post("/traffic-campaigns", json={"code": "Spring"})
    assert made.status_code == 201, made.text
    campaign = made.json()

    async with database.connection() as connection:
        for code in ("SPRING", campaign["link_code"].upper()):
            found = await service.by_link_code(connection, exchange.account_id, code)
            assert found is not None
            assert found.id == campaign["id"]


async def test_an_archived_campaign_is_readable_and_found_by_no_link(
    client: httpx.AsyncClient, exchange: Exchange, database: Database
) -> None:
    campaign = (await client.post("/traffic-campaigns", json={"code": "Spring"})).json()
    path = f"/traffic-campaigns/{campaign['id']}"

    assert (await client.delete(path)).status_code == 204

    assert (await client.get(path)).json()["archived_at"] is not None
    assert (await client.get("/traffic-campaigns?status=active")).json()["total"] == 0
    async with database.connection() as connection:
        assert await service.by_link_code(connection, exchange.account_id, "Spring") is None


async def test_no_two_campaigns_have_one_code(client: httpx.AsyncClient) -> None:
    first = (await client.post("/traffic-campaigns", json={"code": "Spring"})).json()
    second = (await client.post("/traffic-campaigns", json={"code": "Autumn"})).json()

    assert (await client.post("/traffic-campaigns", json={"code": "spring"})).status_code == 409
    renamed = await client.patch(f"/traffic-campaigns/{second['id']}", json={"code": "SPRING"})
    assert renamed.status_code == 409
    kept = await client.patch(f"/traffic-campaigns/{first['id']}", json={"code": "SPRING", "name": "x"})
    assert kept.json()["code"] == "SPRING"
    assert kept.json()["link_code"] == first["link_code"]
