"""A masked field is shown to keys that may see it, and whole to buyers."""

from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk
from tests.dialects.leadbyte.client import Client

from leadyard.app import Services
from leadyard.campaigns import service as setup
from leadyard.dialects.leadbyte import LeadByteDialect
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import KeySettings, Permission, QueueAppend
from leadyard.kit.ids import queue_id
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.storage.database import Database

ALMOST_ALL = tuple(sorted(set(Permission) - {Permission.LEADS_UNMASKED}))


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    desk = await new_desk(database, dsn, tmp_path)
    campaign = await desk.campaign()
    await setup.update_field(database, desk.actor, campaign.id, "email", {"masked": True})
    return desk


async def keys_of(desk: Desk) -> tuple[str, str]:
    """A key that may not see masked fields, and one that may."""
    settings = KeySettings(permissions=ALMOST_ALL, append=QueueAppend(lead=True))
    _, blind = await identity.create_key(
        desk.database, desk.actor, KeyInput(reference="blind", settings=settings)
    )
    return blind, desk.key


async def test_the_own_api_masks_lists_details_and_traces(desk: Desk) -> None:
    async def script(call: Call) -> None:
        await call.answer('{"status":"accepted"}')

    async with buyer(script) as taker:
        await desk.delivery(1, await desk.buyer(), taker.url)
        (lead_id,) = await desk.sold(1)
    assert b"person.1%40example.com" in taker.calls[0].body
    services = Services(desk.database, desk.settings)
    app = create(services.database, services.configuration, more_sections=sections(services))
    blind, seeing = await keys_of(desk)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)), base_url="http://leads.test"
    ) as client:
        for path in ("/api/v1/leads", f"/api/v1/leads/{lead_id}"):
            hidden = await client.get(path, headers={"X-Key": blind})
            assert "person.1" not in hidden.text
            assert '"email":"********"' in hidden.text
            assert '"firstname":"Jo"' in hidden.text
            assert "person.1@example.com" in (await client.get(path, headers={"X-Key": seeing})).text
        path = f"/api/v1/leads/{lead_id}/trace"
        hidden = await client.get(path, headers={"X-Key": blind})
        assert hidden.status_code == 200
        assert "person.1" not in hidden.text
        assert hidden.json()["masked"] is True
        assert hidden.json()["attempts"][0]["request"].startswith("(masked")
        shown = (await client.get(path, headers={"X-Key": seeing})).json()
        assert shown["masked"] is False
        assert "person.1%40example.com" in shown["attempts"][0]["request"]


async def test_a_rule_that_is_tried_does_not_show_what_it_saw_of_masked_fields(desk: Desk) -> None:
    (lead_id,) = await desk.submitted(1)
    other = await desk.campaign(reference="OTHER")
    services = Services(desk.database, desk.settings)
    app = create(services.database, services.configuration, more_sections=sections(services))
    blind, seeing = await keys_of(desk)
    rule = {
        "all": [
            {"operand": "email", "operator": "begins with", "value": "person"},
            {"operand": "email.domain", "operator": "is", "value": "example.com"},
            {"operand": "firstname", "operator": "is", "value": "Jo"},
        ]
    }
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)), base_url="http://leads.test"
    ) as client:

        async def seen(key: str, campaign_id: int = 1, **more: Any) -> list[str]:
            answer = await client.post(
                f"/api/v1/campaigns/{campaign_id}/rules/test",
                json={"rule": rule, "lead_id": lead_id, **more},
                headers={"X-Key": key},
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["matches"] is True
            return [condition["seen"] for condition in answer.json()["conditions"]]

        assert await seen(blind) == ["********", "********", "Jo"]
        assert await seen(blind, other.id) == ["********", "********", "Jo"]
        assert await seen(seeing) == ["person.1@example.com", "example.com", "Jo"]
        own = {"email": "person@example.com"}
        assert await seen(blind, values=own) == ["person@example.com", "example.com", "Jo"]


async def test_leadbytes_calls_mask_too(desk: Desk) -> None:
    result = await desk.submit(1)
    services = Services(desk.database, desk.settings)
    send = Client(LeadByteDialect(services.of_leadbyte()))
    blind, seeing = await keys_of(desk)
    search = {"searches": [{"phone": "07700000001"}]}
    assert result.uuid is not None
    for method, path, json in (
        ("GET", f"/restapi/v1.3/leads/{result.lead_id}", None),
        ("POST", "/restapi/v1.3/leads/search", search),
        ("GET", f"/restapi/v1.3/apiqueue/{queue_id(result.uuid)}", None),
    ):
        hidden = await send(method, path, json=json, headers={"X_KEY": blind})
        assert hidden.status == 200
        assert "person.1" not in hidden.text
        assert "********" in hidden.text
        if "apiqueue" not in path:
            assert (
                "person.1@example.com"
                in (await send(method, path, json=json, headers={"X_KEY": seeing})).text
            )
