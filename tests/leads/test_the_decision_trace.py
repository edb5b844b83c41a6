"""Every routed lead explains where it went, and shows personal data only to keys that may see it."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk

from leadyard.app import Services
from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import Distribution
from leadyard.campaigns.model import Caps, DeliveryStatus
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import KeySettings, Permission
from leadyard.leads.api import sections
from leadyard.own_api.app import create


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key."""
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    headers = {"x-key": desk.key}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leads.test/api/v1", headers=headers
    ) as opened:
        yield opened


async def trace(own: httpx.AsyncClient, lead_id: int, **headers: str) -> Any:
    answer = await own.get(f"/leads/{lead_id}/trace", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def accept(call: Call) -> None:
    await call.answer('{"status":"accepted"}')


async def test_a_sold_lead_tells_who_was_considered_who_stood_behind_and_who_took_no_part(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    campaign = await desk.campaign()
    full = await desk.delivery(campaign.id, await desk.buyer("A"), priority=1, caps=Caps(day=1))
    sold = await desk.delivery(campaign.id, await desk.buyer("B"), priority=2)
    behind = await desk.delivery(campaign.id, await desk.buyer("C"), priority=3)
    await desk.sold(1)
    (lead_id,) = await desk.sold(2)
    told = await trace(own, lead_id)
    (step,) = told["steps"]
    assert step["method"] == "Priority"
    assert [(one["delivery_id"], one["verdict"], one["reason"]) for one in step["considered"]] == [
        (full.id, "skipped", "delivery cap (day)"),
        (sold.id, "chosen", ""),
    ]
    assert step["considered"][0]["cap"] == {"of": "delivery day", "used": 1, "limit": 1}
    assert step["considered"][1]["price"] == "12.5"
    assert (step["behind"], step["absent"]) == ([behind.id], [])
    assert [(one["delivery_id"], one["state"]) for one in told["attempts"]] == [
        (full.id, "skipped"),
        (sold.id, "sold"),
    ]


async def test_a_lead_that_goes_nowhere_has_a_trace_too(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    off = await desk.delivery(campaign.id, await desk.buyer())
    patch = {"status": DeliveryStatus.INACTIVE}
    await setup.deliveries.update(desk.database, desk.actor, off.id, patch)
    (lead_id,) = await desk.sold(1)
    (step,) = (await trace(own, lead_id))["steps"]
    assert step["considered"] == []
    assert step["absent"] == [{"delivery_id": off.id, "reason": "delivery is inactive"}]


async def test_requests_and_answers_are_masked_unless_the_key_may_read_leads(
    own: httpx.AsyncClient, desk: Desk
) -> None:
    campaign = await desk.campaign()
    async with buyer(accept) as shop:
        await desk.delivery(campaign.id, await desk.buyer(), shop.url)
        (lead_id,) = await desk.sold(1)
    document = KeyInput(reference="ops", settings=KeySettings(permissions=(Permission.DELIVERIES_READ,)))
    _, key = await identity.create_key(desk.database, desk.actor, document)
    open_one = await trace(own, lead_id)
    masked = await trace(own, lead_id, **{"x-key": key})
    assert "person.1" in str(open_one)
    assert open_one["attempts"][0]["request"].startswith("POST http://127.0.0.1")
    assert "person.1" not in str(masked)
    assert (open_one["masked"], masked["masked"]) == (False, True)
    assert masked["attempts"][0]["state"] == "sold"


async def test_barred_deliveries_are_named(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Distribution())
    barred = await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.sold(1)
    told = await trace(own, lead_id)
    assert [(one["delivery_id"], one["reason"]) for one in told["attempts"]] == [
        (barred.id, "not in advanced distribution")
    ]


@pytest.mark.parametrize("lead_id", ["999999", "0", "abc", "9007199254740993", str(10**30)])
async def test_an_unknown_lead_has_none(own: httpx.AsyncClient, lead_id: str) -> None:
    answer = await own.get(f"/leads/{lead_id}/trace")
    assert answer.status_code == 404


async def test_a_key_without_the_permission_sees_nothing(own: httpx.AsyncClient, desk: Desk) -> None:
    document = KeyInput(reference="ops", settings=KeySettings(permissions=(Permission.LEADS_SEARCH,)))
    _, key = await identity.create_key(desk.database, desk.actor, document)
    assert (await own.get("/leads/1/trace", headers={"x-key": key})).status_code == 403
