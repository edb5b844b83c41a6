"""A key is found wherever callers put it; a call without a good one is refused and changes nothing."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import ADMIN_KEY, KEYS, PLAIN_KEY, World, new_lead

from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission

PLACES: dict[str, dict[str, Any]] = {
    "header X_KEY": {"headers": {"X_KEY": PLAIN_KEY}},
    "header x_key": {"headers": {"x_key": PLAIN_KEY}},
    "header X-KEY": {"headers": {"X-KEY": PLAIN_KEY}},
    "query": {"query": {"key": PLAIN_KEY}},
    "JSON body": {"json": {"key": PLAIN_KEY}},
    "form": {"body": f"key={PLAIN_KEY}".encode()},
    "empty header, then query": {"headers": {"X_KEY": ""}, "query": {"key": PLAIN_KEY}},
    "header before a bad query": {"headers": {"X_KEY": PLAIN_KEY}, "query": {"key": "f" * 32}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/restapi/v1.1/campaigns"),
        ("GET", "/restapi/v1.3/campaigns/9"),
        ("GET", "/restapi/v1.2/apiqueue/unknown"),
        ("POST", "/restapi/v1.3/leads"),
    ],
)
async def test_every_place_works(world: World, place: str, method: str, path: str) -> None:
    assert (await world.send(method, path, **PLACES[place])).status == 200


async def test_every_place_works_for_a_change(world: World) -> None:
    for place, request in PLACES.items():
        lead_id = await world.lead_id()
        item = {"leads": [{"id": lead_id, "update": {"c1": place}}]}
        json = {**item, **request.get("json", {})}
        if "body" in request:
            continue
        sent = {**request, "json": json}
        assert (await world.send("PUT", "/restapi/v1.2/leads", **sent)).json["status"] == "Success", place


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"headers": {"apikey": PLAIN_KEY}},
        {"headers": {"Authorization": f"Bearer {PLAIN_KEY}"}},
        {"headers": {"X_KEY": "f" * 32}},
        {"headers": {"X_KEY": PLAIN_KEY.upper()}},
        {"headers": {"X_KEY": "not a key"}},
        {"headers": {"X_KEY": "é" * 32}},
        {"headers": {"X_KEY": "a" * 5000}},
        {"query": {"key": "\x00"}},
        {"query": "key[]=" + "f" * 32},
        {"json": {"key": {"a": 1}}},
        {"json": {"key": None}},
        {"headers": {"X_KEY": "f" * 32}, "query": {"key": PLAIN_KEY}},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/restapi/v1.2/leads"), ("GET", "/restapi/v1.2/campaigns")]
)
async def test_a_call_without_a_good_key_is_refused(
    world: World, request_: dict[str, Any], method: str, path: str
) -> None:
    reply = await world.send(method, path, **request_)
    assert reply.status == 401
    assert reply.text == '{"status":"Error","message":"Invalid API key","errors":["Invalid API key"]}'
    assert await world.rows("leads") == []


async def test_a_key_that_was_just_made_works_at_once(world: World) -> None:
    await world.post()
    key = await world.key_with(Permission.CAMPAIGNS, Permission.LEADS_CREATE)
    assert (await world.post(key=key)).status == 200
    assert (await world.call("GET", "/restapi/v1.2/campaigns", headers={"X_KEY": key})).status == 200


@pytest.mark.parametrize("how", ["revoked", "inactive"])
async def test_a_key_that_was_put_out_of_use_counts_no_longer(world: World, how: str) -> None:
    key = await world.key_with(Permission.LEADS_CREATE, Permission.CAMPAIGNS)
    assert (await world.post(key=key)).status == 200
    rows = await world.rows("api_keys")
    key_id = rows[-1]["id"]
    if how == "revoked":
        await identity.revoke_key(world.database, world.actor, key_id)
    else:
        await identity.update_key(world.database, world.actor, key_id, {"settings": {"active": False}})
    assert (await world.post(key=key)).status == 401
    assert (await world.call("GET", "/restapi/v1.2/campaigns", headers={"X_KEY": key})).status == 401
    assert len(await world.rows("leads")) == 1
    if how == "inactive":
        await identity.update_key(world.database, world.actor, key_id, {"settings": {"active": True}})
        assert (await world.post(key=key)).status == 200


async def test_a_key_counts_only_from_its_addresses(world: World) -> None:
    key = await world.new_key(allowed_addresses=("192.0.2.0/24",))
    inside = await world.call("GET", "/restapi/v1.2/campaigns", headers={"X_KEY": key}, address="192.0.2.77")
    assert inside.status == 200
    for method, path in (("GET", "/restapi/v1.2/campaigns"), ("POST", "/restapi/v1.2/leads")):
        outside = await world.call(method, path, headers={"X_KEY": key}, json=new_lead())
        assert outside.status == 403
        assert outside.json == {
            "status": "Error",
            "message": "Permission denied: IP address",
            "errors": ["Permission denied: IP address"],
        }
    assert await world.rows("leads") == []


async def test_addresses_that_are_tightened_count_at_once(world: World) -> None:
    key = await world.new_key()
    assert (await world.post(key=key)).status == 200
    key_id = (await world.rows("api_keys"))[-1]["id"]
    patch = {"settings": {"allowed_addresses": ["192.0.2.0/24"]}}
    await identity.update_key(world.database, world.actor, key_id, patch)
    assert (await world.post(key=key)).status == 403
    assert len(await world.rows("leads")) == 1


async def test_no_answer_repeats_a_key(world: World) -> None:
    lead_id = await world.lead_id(data13=ADMIN_KEY, key=ADMIN_KEY)
    search = {"searches": [{"email": "a@example.com", "key": ADMIN_KEY, "note": ADMIN_KEY}]}
    items = {"leads": [{"id": ADMIN_KEY, "update": {"c1": "x"}}]}
    replies = [
        await world.send("POST", "/restapi/v1.3/leads/search", json={"key": ADMIN_KEY, **search}),
        await world.send("PUT", "/restapi/v1.3/leads", json={"key": ADMIN_KEY, **items}),
        await world.send("GET", f"/restapi/v1.3/leads/{lead_id}", headers={"X_KEY": ADMIN_KEY}),
        await world.send("GET", f"/restapi/v1.3/apiqueue/{ADMIN_KEY}", headers={"X_KEY": ADMIN_KEY}),
        await world.send("POST", "/restapi/v1.3/leads", json={"key": "f" * 32, "lead": {}}),
    ]
    for reply in replies:
        assert not any(key in reply.text for key in (*KEYS, "f" * 32)), reply.text


async def test_the_last_use_of_a_key_is_noted(world: World) -> None:
    await world.post(key=ADMIN_KEY)
    await world.call("GET", "/restapi/v1.2/campaigns", headers={"X_KEY": "f" * 32})
    await world.dialect.flush()
    used = [row["last_used_at"] is not None for row in await world.rows("api_keys")]
    assert used == [True, False, False, False]
    records, _ = await identity.list_keys(world.database, Actor(1, "test").account_id)
    assert records[0].last_used_at is not None
