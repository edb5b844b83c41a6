"""Responders, their messages and suppressed addresses over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.desk import Desk, new_desk
from tests.responders.post_office import Gateway, send_due
from tests.responders.set_up import TEXT, THANKS

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.model import Permission
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.responders.api import EXAMPLE, section


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key, over a campaign."""
    await desk.campaign()
    services = Services(desk.database, desk.settings)
    more = (*sections(services), section(services.ledger))
    app = create(desk.database, services.configuration, more_sections=more)
    transport = httpx.ASGITransport(cast("Any", app))
    headers = {"x-key": desk.key}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leads.test/api/v1", headers=headers
    ) as opened:
        yield opened


def document(*pushes: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "Welcome", "campaign_id": 1, "pushes": list(pushes), **changes}


async def test_the_example_of_the_documentation_can_be_made(own: httpx.AsyncClient) -> None:
    answer = await own.post("/responders", json={**EXAMPLE, "campaign_id": 1})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["reference"], made["pushes"][0]["push_id"]) == (str(made["id"]), 1)
    assert (await own.get("/responders")).json()["items"] == [made]
    assert (await own.get(f"/responders/{made['id']}")).json() == made


async def test_a_push_keeps_its_id_when_it_comes_back_and_others_are_taken_out(
    own: httpx.AsyncClient,
) -> None:
    made = (await own.post("/responders", json=document(THANKS, TEXT))).json()
    thanks, text = made["pushes"]
    renamed = {**text, "name": "Renamed"}
    changed = (await own.patch(f"/responders/{made['id']}", json={"pushes": [renamed, TEXT]})).json()
    assert [push["name"] for push in changed["pushes"]] == ["Renamed", "Text"]
    assert changed["pushes"][0]["push_id"] == text["push_id"]
    assert changed["pushes"][1]["push_id"] not in {thanks["push_id"], text["push_id"]}
    back = await own.patch(f"/responders/{made['id']}", json={"pushes": [thanks]})
    assert back.status_code == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"campaign_id": 99}, "campaign_id"),
        ({"supplier_id": 99}, "supplier_id"),
        ({"name": ""}, "name"),
        ({"settings": {"trigger": "never"}}, "settings.trigger"),
        ({"settings": {"pause_from": "25:00"}}, "settings.pause_from"),
        ({"settings": {"pause_from": "21:00"}}, "settings.pause_to"),
        ({"pushes": [{**THANKS, "subject": ""}]}, "pushes[0].subject"),
        ({"pushes": [{**THANKS, "subject": "{{"}]}, "pushes[0].subject"),
        ({"pushes": [{**THANKS, "text": "", "html": ""}]}, "pushes[0].text"),
        ({"pushes": [{**TEXT, "html": "x"}]}, "pushes[0].html"),
        ({"pushes": [{**TEXT, "text": ""}]}, "pushes[0].text"),
        ({"pushes": [{**TEXT, "cost": -1}]}, "pushes[0].cost"),
        ({"pushes": [{**TEXT, "type": "Fax"}]}, "pushes[0].type"),
        ({"pushes": [{**TEXT, "push_id": 77}]}, "pushes[0].push_id"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_made(
    own: httpx.AsyncClient, changes: Any, field: str
) -> None:
    answer = await own.post("/responders", json={**document(THANKS), **changes})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await own.get("/responders")).json()["total"] == 0


async def test_a_lead_is_written_to_and_the_message_followed(own: httpx.AsyncClient, desk: Desk) -> None:
    made = (await own.post("/responders", json=document(TEXT))).json()
    (lead_id,) = await desk.submitted(1)
    results = (await own.post(f"/responders/{made['id']}/trigger", json={"lead_id": lead_id})).json()[
        "results"
    ]
    assert [(one["queued"], one["status"]) for one in results] == [(True, "Queued")]
    await send_due(desk, Gateway())
    (message,) = (await own.get("/messages", params={"lead_id": lead_id})).json()["items"]
    assert (message["state"], message["recipient"]) == ("sent", "+447700000001")
    told = (await own.post(f"/messages/{message['id']}/events", json={"event": "delivered"})).json()
    assert told["state"] == "delivered"
    (row,) = (await own.get("/reports/messages", params={"preset": "today", "type": "SMS"})).json()["rows"]
    assert (row["sent"], row["delivered"], row["cost"], row["profit"]) == (1, 1, "0.04", "-0.04")
    assert (await own.get("/reports/messages", params={"preset": "today"})).json()["rows"] == []
    assert (await own.get("/reports/messages", params={"preset": "today", "type": "Fax"})).status_code == 422
    assert (await own.post("/messages/99/events", json={"event": "delivered"})).status_code == 404
    assert (await own.post(f"/messages/{message['id']}/events", json={"event": "eaten"})).status_code == 422
    assert (await own.post("/responders/99/trigger", json={"lead_id": lead_id})).status_code == 404


async def test_addresses_are_suppressed_and_let_go_again(own: httpx.AsyncClient) -> None:
    for body, address in (
        ({"type": "Email", "address": "Ann@Example.com"}, "ann@example.com"),
        ({"type": "SMS", "address": "07700 900123"}, "+447700900123"),
    ):
        assert (await own.post("/suppressions", json=body)).json()["address"] == address
        assert (await own.post("/suppressions", json=body)).status_code == 201
    listed = (await own.get("/suppressions")).json()
    assert [each["address"] for each in listed["items"]] == ["+447700900123", "ann@example.com"]
    assert (await own.delete("/suppressions/Email/ann@example.com")).status_code == 204
    assert (await own.delete("/suppressions/Email/ann@example.com")).status_code == 404
    assert (await own.delete("/suppressions/Fax/ann@example.com")).status_code == 404
    assert (await own.post("/suppressions", json={"type": "Email", "address": "nobody"})).status_code == 422
    assert (await own.post("/suppressions", json={"type": "SMS", "address": "call me"})).status_code == 422


async def test_suppliers_and_buyers_are_reported_on(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.delivery(1, await desk.buyer())
    await desk.sold(1, 2)
    params = {"preset": "today"}
    (row,) = (await own.get("/reports/suppliers", params=params)).json()["rows"]
    assert (row["campaign_id"], row["supplier_id"], row["leads"], row["approved"]) == (1, 1, 2, 2)
    assert (row["valid_percent"], row["payout_per_valid"], row["profit_adjusted"]) == (
        "100.00",
        "3.5000",
        "18",
    )
    (row,) = (await own.get("/reports/buyers", params={**params, "by_supplier": "true"})).json()["rows"]
    assert (row["buyer_id"], row["supplier_id"], row["sold"], row["revenue"]) == (1, 1, 2, "25")
    none = (await own.get("/reports/suppliers", params={**params, "buyer_id": 9})).json()["rows"]
    assert none == []
    assert (await own.get("/reports/buyers")).status_code == 422


NEEDED = [
    ("GET", "/responders", Permission.SETUP_READ),
    ("POST", "/responders", Permission.SETUP_WRITE),
    ("POST", "/responders/1/trigger", Permission.RESPONDERS_TRIGGER),
    ("GET", "/messages", Permission.RESPONDERS_READ),
    ("POST", "/messages/1/events", Permission.RESPONDERS_TRIGGER),
    ("GET", "/suppressions", Permission.RESPONDERS_READ),
    ("POST", "/suppressions", Permission.SETUP_WRITE),
    ("DELETE", "/suppressions/Email/a@example.com", Permission.SETUP_WRITE),
    ("GET", "/reports/suppliers", Permission.REPORTS),
    ("GET", "/reports/buyers", Permission.REPORTS),
    ("GET", "/reports/messages", Permission.REPORTS),
]


@pytest.mark.parametrize(("method", "path", "permission"), NEEDED)
async def test_each_call_needs_a_key_with_its_permission(
    own: httpx.AsyncClient, desk: Desk, method: str, path: str, permission: Permission
) -> None:
    others = [each for each in Permission if each is not permission]
    wanted = {"reference": "all but one", "settings": {"permissions": others}}
    _, key = await identity.create_key(desk.database, desk.actor, wanted)
    refused = await own.request(method, path, json={}, headers={"x-key": key})
    assert (refused.status_code, refused.json()["detail"]) == (403, f"Permission denied: {permission}")


async def test_another_account_sees_nothing_of_it(own: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    made = (await own.post("/responders", json=document(TEXT))).json()
    (lead_id,) = await desk.submitted(1)
    await own.post(f"/responders/{made['id']}/trigger", json={"lead_id": lead_id})
    stranger = await new_desk(desk.database, desk.dsn, tmp_path, "stranger")
    own.headers["x-key"] = stranger.key
    assert (await own.get(f"/responders/{made['id']}")).status_code == 404
    assert (await own.post(f"/responders/{made['id']}/trigger", json={"lead_id": lead_id})).status_code == 404
    assert (await own.get("/messages")).json()["items"] == []
    foreign = await own.post("/responders", json=document(TEXT, campaign_id=1))
    assert foreign.status_code == 422
