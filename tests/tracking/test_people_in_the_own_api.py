"""People and visitors in the own API: found, explained, given to an affiliate by hand."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.exchange import new_exchange
from tests.tracking.conftest import SHOP, Site

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.tracking.model import TouchSource
from leadyard.web import Web


@pytest.fixture
async def web(site: Site, tmp_path: Path) -> AsyncIterator[Web]:
    web = Web(Services(site.database, Settings(data_dir=tmp_path)))
    yield web
    await web.close()


def client_of(web: Web, key: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(cast("Any", web))
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url="http://leads.test", headers=headers)


@pytest.fixture
async def client(web: Web, site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(web, site.exchange.key) as client:
        yield client


async def test_why_this_affiliate(client: httpx.AsyncClient, site: Site) -> None:
    await site.exchange.campaign()
    await site.exchange.submit(1, values={"email": "JO@example.com"})
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann&subid=s")
    person = await site.lead("jo@example.com", visitor)

    shown = (await client.get(f"/api/v1/people/{person.id}")).json()
    assert shown["person"]["credit"] == {
        "affiliate_id": 21,
        "traffic_campaign_id": None,
        "touch_id": person.credit.touch_id,
    }
    assert (shown["credited_by"]["source"], shown["credited_by"]["url"]) == (
        "link",
        f"{SHOP}?afmc=ann&subid=s",
    )
    assert [each["tracking_code"] for each in shown["visitors"]] == ["t-1"]
    assert [each["system_status"] for each in shown["submissions"]] == ["valid"]

    touches = (await client.get(f"/api/v1/people/{person.id}/touches")).json()
    assert [each["source"] for each in touches["items"]] == ["visitor"]
    assert touches["items"][0]["rule"]["first_affiliate_wins"] is True
    of_visitor = (await client.get(f"/api/v1/visitors/{visitor.id}/touches")).json()
    assert [each["source"] for each in of_visitor["items"]] == ["visitor", "link"]


async def test_people_are_listed_and_filtered(client: httpx.AsyncClient, site: Site) -> None:
    one, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("a@example.com", one)
    await site.lead("b@example.com")

    everybody = (await client.get("/api/v1/people")).json()
    assert ([each["email"] for each in everybody["items"]], everybody["total"]) == (
        ["b@example.com", "a@example.com"],
        2,
    )
    for query in ("affiliate_id=21", "email=A@Example.com"):
        found = (await client.get(f"/api/v1/people?{query}")).json()
        assert ([each["email"] for each in found["items"]], found["total"]) == (["a@example.com"], 1)
    assert (await client.get("/api/v1/visitors")).json()["total"] == 1


async def test_a_person_is_given_to_an_affiliate_by_hand(client: httpx.AsyncClient, site: Site) -> None:
    person = await site.lead("jo@example.com")
    answer = await client.post(f"/api/v1/people/{person.id}/credit", json={"affiliate_id": 22})

    assert (answer.status_code, answer.json()["person"]["credit"]["affiliate_id"]) == (200, 22)
    assert answer.json()["credited_by"]["source"] == "manual"
    assert (await client.get("/api/v1/audit-log")).json()["items"][0]["entity"] == "person"
    taken = await client.post(f"/api/v1/people/{person.id}/credit", json={})
    assert taken.json()["person"]["credit"]["affiliate_id"] is None
    assert await site.exchange.differences() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/people/99/credit", {"affiliate_id": 21}, 404),
        ("/people/x/credit", {"affiliate_id": 21}, 404),
        ("/people/1/credit", {"affiliate_id": 99}, 422),
        ("/people/1/credit", {"traffic_campaign_id": 99}, 422),
        ("/people/1/credit", {"affiliate_id": "ann"}, 422),
        ("/people/99/recompute", {}, 404),
        ("/fraud-signals/99/decide", {"decision": "confirm"}, 404),
        ("/tracker-events/x/retry", None, 404),
    ],
)
async def test_bad_requests_are_refused_and_change_nothing(
    client: httpx.AsyncClient, site: Site, path: str, body: Any, status: int
) -> None:
    await site.lead("jo@example.com")
    answer = await client.post(f"/api/v1{path}", json=body)

    assert answer.status_code == status
    assert await site.exchange.rows("touches") == []


async def test_other_accounts_see_nothing(web: Web, site: Site) -> None:
    visitor, _ = await site.visit("t-1")
    person = await site.lead("jo@example.com", visitor)
    stranger = await new_exchange(site.database, {"slug": "other", "takes_other_hosts": False})
    async with client_of(web, stranger.key) as client:
        for path in (f"people/{person.id}", f"people/{person.id}/touches", f"visitors/{visitor.id}"):
            assert (await client.get(f"/api/v1/{path}")).status_code == 404
        assert (await client.get("/api/v1/people")).json()["items"] == []


async def test_recomputing_tells_what_other_settings_would_give(
    client: httpx.AsyncClient, site: Site
) -> None:
    one, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    person = await site.lead("jo@example.com", one)
    await site.touch(person, TouchSource.CODE, affiliate_code="bob")

    same = (await client.post(f"/api/v1/people/{person.id}/recompute", json={})).json()
    assert same["agrees"]
    other = (
        await client.post(f"/api/v1/people/{person.id}/recompute", json={"first_affiliate_wins": False})
    ).json()
    assert (other["recounted"]["affiliate_id"], other["kept"]["affiliate_id"]) == (22, 21)


async def test_a_call_sees_what_beacons_sent_before_it(client: httpx.AsyncClient, site: Site) -> None:
    _, key = await identity.create_key(
        site.database, site.exchange.actor, KeyInput(reference="tracker", kind=KindOfKey.LEADDYNO_PUBLIC)
    )
    for kind, more in (("visit", {"u": f"{SHOP}?afmc=ann"}), ("lead", {"e": "jo@example.com"})):
        await client.post(f"/collector/v1/{kind}", content=json.dumps({"k": key, "t": "t-1", **more}))

    [person] = (await client.get("/api/v1/people")).json()["items"]
    assert (person["email"], person["credit"]["affiliate_id"]) == ("jo@example.com", 21)


async def test_events_set_aside_are_shown_and_decided(client: httpx.AsyncClient, site: Site) -> None:
    _, key = await identity.create_key(
        site.database, site.exchange.actor, KeyInput(reference="tracker", kind=KindOfKey.LEADDYNO_PUBLIC)
    )
    await client.post("/collector/v1/lead", content=json.dumps({"k": key, "e": "nobody"}))
    await client.get("/api/v1/people")

    [event] = (await client.get("/api/v1/tracker-events")).json()["items"]
    assert (event["kind"], event["problem"]) == ("lead", "email: is not a valid email address")
    assert (await client.post(f"/api/v1/tracker-events/{event['id']}/retry")).status_code == 204
    await client.get("/api/v1/people")
    assert (await client.delete(f"/api/v1/tracker-events/{event['id']}")).status_code == 204
    assert (await client.get("/api/v1/tracker-events")).json()["items"] == []
