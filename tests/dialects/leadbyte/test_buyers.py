"""Listing, reading and changing buyers, to the letter (docs/leadbyte.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World

from leadyard.campaigns import service as setup

BASE = "/restapi/v1.2/buyers"
FOUR = (
    '{"id":"4","bid":"33","company":"Example Buyer","street1":"","towncity":"","county":"","country":"",'
    '"postcode":"","phone":"","external_ref":"","external_ref_2":"","status":"Active","credit_amount":"0.00",'
    '"credit_balance":"0.00"}'
)


async def put(world: World, path: str, body: Any) -> Any:
    return await world.call("PUT", f"{BASE}{path}", json=body)


async def test_the_list_is_an_envelope_and_one_buyer_is_bare(world: World) -> None:
    reply = await world.call("GET", BASE)
    assert reply.text == '{"status":"Success","message":"OK","buyers":[' + FOUR + "]}"
    assert (await world.call("GET", f"{BASE}/4")).text == FOUR


async def test_the_list_is_filtered_by_status(world: World) -> None:
    await setup.buyers.create(world.database, world.actor, {"company": "Off", "status": "Inactive"})
    gone = await setup.buyers.create(world.database, world.actor, {"company": "Gone", "status": "Archived"})
    for query, companies in (
        ("", ["Example Buyer", "Off"]),
        ("?status=Active", ["Example Buyer"]),
        ("?status=inactive", ["Off"]),
    ):
        reply = await world.call("GET", f"{BASE}{query}")
        assert [each["company"] for each in reply.json["buyers"]] == companies
    assert (await world.call("GET", f"{BASE}?status=Saved")).status == 400
    assert (await world.call("GET", f"{BASE}/{gone.id}")).status == 404


async def test_a_buyer_is_switched_off_and_on(world: World) -> None:
    off = await put(world, "/4", {"update": {"status": "Inactive"}})
    assert (
        off.text
        == '{"status":"Success","message":"OK","buyers":[{"id":4,"success":true,"message":"Buyer updated"}]}'
    )
    again = await put(world, "", {"buyers": [{"id": "4", "update": {"status": "Inactive"}}]})
    assert (
        again.text
        == '{"status":"Warning","message":"OK","buyers":[{"id":4,"success":false,"message":"Buyer already inactive"}]}'
    )
    await put(world, "/4", {"update": {"status": "Active"}})
    on = await put(world, "/4", {"update": {"status": "Active"}})
    assert on.json["buyers"][0]["message"] == "Buyer already active"


async def test_caps_change_and_a_price_means_nothing_to_a_buyer(world: World) -> None:
    reply = await put(world, "/4", {"update": {"caps": {"day": 3}, "revenue": "much"}})
    assert reply.json["status"] == "Success"
    assert (await setup.buyers.read(world.database, 1, 4)).settings.caps.day == 3


@pytest.mark.parametrize("update", [{"status": "Archived"}, {"caps": {"day": -1}}, {"caps": "x"}])
async def test_a_bad_value_changes_nothing(world: World, update: Any) -> None:
    before = await setup.buyers.read(world.database, 1, 4)
    wanted = {"status": "Inactive", **update}
    assert (await put(world, "/4", {"update": wanted})).status == 400
    reply = await put(world, "", {"buyers": [{"id": 4, "update": wanted}]})
    assert (reply.status, reply.json["status"], reply.json["buyers"][0]["success"]) == (200, "Error", False)
    assert await setup.buyers.read(world.database, 1, 4) == before


async def test_unknown_buyers_are_not_found(world: World) -> None:
    for path in ("/5", "/33x"):
        for method in ("GET", "PUT"):
            reply = await world.call(method, f"{BASE}{path}", json={"update": {"status": "Active"}})
            assert (reply.status, reply.json["message"]) == (404, "Buyer not found")
    items = [{"id": 4, "update": {"status": "Inactive"}}, {"id": 5, "update": {"status": "Inactive"}}]
    reply = await put(world, "", {"buyers": items})
    assert reply.json["status"] == "Warning"
    assert reply.json["buyers"][1] == {"id": 5, "success": False, "message": "Buyer not found"}


async def test_another_account_has_no_such_buyer(world: World) -> None:
    headers = {"X_KEY": OTHER_KEY}
    assert (await world.call("GET", BASE, headers=headers)).json["buyers"] == []
    reply = await world.call("PUT", f"{BASE}/4", json={"update": {"status": "Inactive"}}, headers=headers)
    assert reply.status == 404
