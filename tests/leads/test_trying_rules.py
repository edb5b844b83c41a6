"""Rules over HTTP: put into words, and tried on values or on a lead, without anything being stored."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from tests.desk import Desk

from leadyard.app import Services
from leadyard.campaigns import service as setup
from leadyard.identity import service as identity
from leadyard.identity.model import Permission
from leadyard.leads.api import sections
from leadyard.own_api.app import create

RULE = {
    "any": [
        {"operand": "postcode", "operator": "begins with", "value": "SW1"},
        {"operand": "age", "operator": "less than", "value": 25},
    ]
}


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key, on a campaign of the id 1."""
    await desk.campaign()
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    base = "http://leads.test/api/v1/campaigns"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers={"x-key": desk.key}) as opened:
        yield opened
    await services.outbound.close()


async def problems(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def test_a_rule_is_put_into_words(own: httpx.AsyncClient) -> None:
    answer = await own.post("/1/rules/explain", json={"rule": RULE})
    assert answer.json() == {"text": 'Postcode begins with "SW1" or Age is less than 25'}


async def test_a_rule_is_tried_on_values_as_a_lead_would_keep_them(own: httpx.AsyncClient) -> None:
    values = {"postcode": "ab101ab", "dob": "01/07/2002"}
    body = {"rule": RULE, "values": values, "received_at": "2026-06-30T22:59:00Z"}
    answer = (await own.post("/1/rules/test", json=body)).json()
    assert answer["matches"] is True
    assert [(c["path"], c["matches"], c["seen"]) for c in answer["conditions"]] == [
        ("rule.any[0]", False, "AB10 1AB"),
        ("rule.any[1]", True, "23"),
    ]


async def test_a_rule_is_tried_on_a_stored_lead(own: httpx.AsyncClient, desk: Desk) -> None:
    (lead_id,) = await desk.submitted(1, values={"postcode": "SW1A 1AA"})
    by_lead = {"rule": RULE, "lead_id": lead_id}
    assert (await own.post("/1/rules/test", json=by_lead)).json()["matches"] is True
    elsewhere = {**by_lead, "values": {"postcode": "AB10 1AB"}}
    assert (await own.post("/1/rules/test", json=elsewhere)).json()["matches"] is False


async def test_who_sent_the_lead_and_what_it_brings_can_be_given(own: httpx.AsyncClient) -> None:
    rule = {
        "all": [
            {"operand": "supplier", "operator": "is", "value": "1"},
            {"operand": "ssid", "operator": "is", "value": "b"},
            {"operand": "revenue", "operator": "at least", "value": 5},
            {"operand": "bid", "operator": "less than", "value": 9},
        ]
    }
    body = {"rule": rule, "supplier": "1", "ssid": "B", "revenue": "5", "bid": 8}
    assert (await own.post("/1/rules/test", json=body)).json()["matches"] is True


async def test_a_list_that_no_rule_uses_yet_can_be_tried(own: httpx.AsyncClient, desk: Desk) -> None:
    await setup.value_lists.create(desk.database, desk.actor, {"reference": "AREAS", "values": ["SW1"]})
    rule = {"operand": "postcode", "operator": "begins with in list", "list": "AREAS"}
    answer = await own.post("/1/rules/test", json={"rule": rule, "values": {"postcode": "SW1A 1AA"}})
    assert answer.json()["matches"] is True
    assert answer.json()["text"] == 'Postcode begins with one of the list "AREAS"'


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"rule": {}}, "rule"),
        ({"rule": {"operand": "age", "operator": "contains", "value": "1"}}, "rule.operator"),
        ({"rule": RULE, "values": {"shoe_size": "9"}}, "values.shoe_size"),
        ({"rule": RULE, "supplier": "nobody"}, "supplier"),
        ({"rule": RULE, "lead_id": 999}, "lead_id"),
        ({"rule": RULE, "received_at": "2026-01-01T00:00:00"}, "received_at"),
        ({"rule": RULE, "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ({}, "rule"),
    ],
)
async def test_a_bad_try_is_refused_with_its_place(
    own: httpx.AsyncClient, body: dict[str, Any], place: str
) -> None:
    assert await problems(await own.post("/1/rules/test", json=body)) == [place]


async def test_an_unknown_campaign_is_not_found(own: httpx.AsyncClient) -> None:
    for way in ("test", "explain"):
        assert (await own.post(f"/999/rules/{way}", json={"rule": RULE})).status_code == 404


async def test_a_stored_lead_needs_the_right_to_see_leads(own: httpx.AsyncClient, desk: Desk) -> None:
    (lead_id,) = await desk.submitted(1)
    document = {"reference": "set-up", "settings": {"permissions": [Permission.SETUP_READ]}}
    _, key = await identity.create_key(desk.database, desk.actor, document)
    own.headers["x-key"] = key
    assert (await own.post("/1/rules/test", json={"rule": RULE, "lead_id": lead_id})).status_code == 403
    assert (await own.post("/1/rules/test", json={"rule": RULE})).status_code == 200


async def test_another_accounts_lead_and_campaign_are_not_found(own: httpx.AsyncClient, desk: Desk) -> None:
    (lead_id,) = await desk.submitted(1)
    other = await identity.create_account(desk.database, name="Other", slug="other")
    actor = type(desk.actor)(other.id, "stranger")
    document = {
        "reference": "all",
        "settings": {"permissions": [Permission.SETUP_READ, Permission.LEADS_SEARCH]},
    }
    _, key = await identity.create_key(desk.database, actor, document)
    own.headers["x-key"] = key
    assert (await own.post("/1/rules/test", json={"rule": RULE})).status_code == 404
    await setup.campaigns.create(desk.database, actor, {"reference": "A", "name": "A"})
    assert await problems(await own.post("/1/rules/test", json={"rule": RULE, "lead_id": lead_id})) == [
        "lead_id"
    ]
