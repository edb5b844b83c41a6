"""A delivery is tested by sending a made-up lead; only what the buyer accepts has passed, and nothing is booked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.app import Services
from leadyard.campaigns.api import delivery_tests
from leadyard.identity import service as identity
from leadyard.identity.model import Permission
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key."""
    services = Services(desk.database, desk.settings)
    await services.outbound.open()
    sections = (delivery_tests.section(services.trial_carriers),)
    app = create(desk.database, services.configuration, more_sections=sections)
    transport = httpx.ASGITransport(cast("Any", app))
    headers = {"x-key": desk.key}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leads.test/api/v1", headers=headers
    ) as opened:
        yield opened
    await services.outbound.close()


async def delivery_to(desk: Desk, url: str | None) -> int:
    campaign = await desk.campaign()
    return (await desk.delivery(campaign.id, await desk.buyer(), url)).id


async def test_a_buyer_that_accepts_the_test_lead_makes_the_delivery_tested(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    async def accepts(call: Call) -> None:
        await call.answer('{"status": "accepted"}', headers="Content-Type: application/json\r\n")

    async with buyer(accepts) as running:
        delivery_id = await delivery_to(desk, running.url)
        body = {"values": {"email": "test@example.com"}}
        test = (await own.post(f"/deliveries/{delivery_id}/test", json=body)).json()
    assert (test["passed"], test["outcome"], test["status_code"]) == (True, "accept", 200)
    assert b"test%40example.com" in running.calls[0].body
    assert (await own.get(f"/deliveries/{delivery_id}")).json()["tested_at"] is not None
    assert (await desk.rows("audit_log"))[-1]["action"] == "test"
    assert await desk.rows("leads") == await desk.rows("delivery_attempts") == []
    assert await desk.differences() == []


async def test_a_buyer_that_rejects_the_test_lead_leaves_it_untested(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    async def rejects(call: Call) -> None:
        await call.answer('{"status": "no"}', headers="Content-Type: application/json\r\n")

    async with buyer(rejects) as running:
        delivery_id = await delivery_to(desk, running.url)
        test = (await own.post(f"/deliveries/{delivery_id}/test", json={})).json()
    assert (test["passed"], test["outcome"]) == (False, "reject")
    assert (await own.get(f"/deliveries/{delivery_id}")).json()["tested_at"] is None


async def test_a_delivery_that_stores_leads_passes_at_once(own: httpx.AsyncClient, desk: Desk) -> None:
    delivery_id = await delivery_to(desk, None)
    assert (await own.post(f"/deliveries/{delivery_id}/test", json={})).json()["passed"] is True


async def test_unknown_deliveries_and_keys_without_the_permission_are_refused(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    assert (await own.post("/deliveries/99/test", json={})).status_code == 404
    assert (await own.post("/deliveries/99/test", json={"values": 1})).status_code == 422
    document = {"reference": "reads", "settings": {"permissions": [Permission.SETUP_READ]}}
    _, key = await identity.create_key(desk.database, desk.actor, document)
    assert (await own.post("/deliveries/99/test", json={}, headers={"x-key": key})).status_code == 403
