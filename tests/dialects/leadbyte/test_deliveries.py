"""Listing, reading and changing deliveries, to the letter (docs/leadbyte.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World

from leadyard.campaigns import service as setup

BASE = "/restapi/v1.3/deliveries"
NINE = (
    '{"id":"1050","reference":"Delivery 1050","status":"Active",'
    '"campaign":{"id":"9","name":"Example Campaign","reference":"EXAMPLE-CAMPAIGN"},"deliver_to":"Store Lead",'
    '"buyer":{"id":"4","name":"Example Buyer","bid":"33"},"caps":{"day":0,"week":0,"month":0,"total":0},'
    '"trigger":"Automatic","revenue":12.5}'
)


async def put(world: World, path: str, body: Any) -> Any:
    return await world.call("PUT", f"{BASE}{path}", json=body)


async def one(world: World, delivery_id: int = 1050) -> Any:
    return (await world.call("GET", f"{BASE}/{delivery_id}")).json


async def saved(world: World, *, passes: bool = False) -> int:
    """A delivery that is saved, and has passed a test or has not."""
    document = {"campaign_id": 9, "buyer_id": 4, "reference": "New"}
    record = await setup.deliveries.create(world.database, world.actor, document)
    if passes:
        test = await setup.run_delivery_test(
            world.database, world.actor, world.services.trial_carriers, record.id, {}
        )
        assert test.passed
    return record.id


async def test_the_list_is_an_envelope_and_one_delivery_is_bare(world: World) -> None:
    reply = await world.call("GET", BASE)
    assert reply.text.startswith('{"status":"Success","message":"OK","deliveries":[' + NINE + ",")
    assert [each["id"] for each in reply.json["deliveries"]] == ["1050", "1051", "1052", "1053"]
    assert reply.json["deliveries"][3]["trigger"] == "Manual"
    assert (await world.call("GET", f"{BASE}/1050")).text == NINE


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("status=active", ["1051", "1052", "1053"]),
        ("status=Inactive", ["1050"]),
        ("status=Saved", ["1"]),
        ("buyerid=4&status=Inactive", ["1050"]),
        ("buyerid=5", []),
        ("bid=33&status=Inactive", ["1050"]),
        ("bid=34", []),
        ("bid=33&buyerid=5", []),
        ("buyerId=4,5&status=Inactive", ["1050"]),
    ],
)
async def test_the_list_is_filtered(world: World, query: str, ids: list[str]) -> None:
    await put(world, "/1050", {"update": {"status": "Inactive"}})
    delivery_id = await saved(world)
    ids = [str(delivery_id) if each == "1" else each for each in ids]
    reply = await world.call("GET", f"{BASE}?{query}")
    assert [each["id"] for each in reply.json["deliveries"]] == ids


async def test_an_unknown_status_to_list_is_a_bad_parameter(world: World) -> None:
    reply = await world.call("GET", f"{BASE}?status=Archived")
    assert (reply.status, reply.json["message"]) == (400, "status is not one of Active, Inactive, Saved")


@pytest.mark.parametrize("path", ["/99", "/x", "/0", "/99999999999999999999", "/9007199254740993"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_an_unknown_id_in_the_path_is_not_found(world: World, method: str, path: str) -> None:
    reply = await world.call(method, f"{BASE}{path}", json={"update": {"status": "Active"}})
    text = "Delivery not found"
    assert (reply.status, reply.json) == (404, {"status": "Error", "message": text, "errors": [text]})


async def test_a_delivery_is_switched_off_and_on(world: World) -> None:
    off = await put(world, "/1050", {"update": {"status": "Inactive"}})
    assert (
        off.text
        == '{"status":"Success","message":"OK","deliveries":[{"id":1050,"success":true,"message":"Delivery updated"}]}'
    )
    assert (await one(world))["status"] == "Inactive"
    again = await put(world, "/1050", {"update": {"status": "Inactive"}})
    assert (
        again.text
        == '{"status":"Warning","message":"OK","deliveries":[{"id":1050,"success":false,"message":"Delivery already inactive"}]}'
    )
    await put(world, "/1050", {"update": {"status": "Active"}})
    on = await put(world, "/1050", {"update": {"status": "active"}})
    assert on.json["deliveries"] == [{"id": 1050, "success": False, "message": "Delivery already active"}]


async def test_prices_and_caps_change_alone_and_unknown_members_are_ignored(world: World) -> None:
    update = {"revenue": "7.25", "caps": {"day": 5, "month": "60"}, "colour": "red", "status": None}
    assert (await put(world, "/1050", {"update": update})).json["status"] == "Success"
    shown = await one(world)
    assert (shown["revenue"], shown["caps"]) == (7.25, {"day": 5, "week": 0, "month": 60, "total": 0})
    await put(world, "/1050", {"update": {"caps": {"day": 0}, "status": "Active"}})
    shown = await one(world)
    assert (shown["status"], shown["caps"]["day"], shown["caps"]["month"]) == ("Active", 0, 60)
    assert (await put(world, "/1050", {"update": {"colour": "red"}})).json["status"] == "Success"


async def test_a_price_of_nothing_is_a_price(world: World) -> None:
    await put(world, "/1050", {"update": {"revenue": 0}})
    assert (await world.call("GET", f"{BASE}/1050")).text.endswith('"revenue":0}')


BAD_UPDATES: list[Any] = [
    {"status": "Saved"},
    {"status": "Archived"},
    {"status": ""},
    {"status": ["Active"]},
    {"status": 1},
    {"revenue": -1},
    {"revenue": "much"},
    {"revenue": ""},
    {"revenue": True},
    {"revenue": [1]},
    {"revenue": {"amount": 1}},
    {"revenue": "NaN"},
    {"caps": {"day": -1}},
    {"caps": {"day": 1.5}},
    {"caps": {"day": "many"}},
    {"caps": {"day": True}},
    {"caps": {"total": 10**10}},
    {"caps": [1]},
    {"caps": 5},
]


@pytest.mark.parametrize("update", BAD_UPDATES)
async def test_a_bad_value_changes_nothing_at_all(world: World, update: Any) -> None:
    before = await one(world)
    wanted = {"status": "Inactive", "revenue": 3, "caps": {"week": 9}, **update}
    if isinstance(wanted["caps"], dict):
        wanted["caps"] = {"week": 9, **wanted["caps"]}
    reply = await put(world, "/1050", {"update": wanted})
    assert (reply.status, reply.json["status"]) == (400, "Error")
    assert reply.json["message"].startswith(next(iter(update)))
    item = (await put(world, "", {"deliveries": [{"id": 1050, "update": wanted}]})).json
    assert (item["status"], item["deliveries"][0]["success"]) == ("Error", False)
    assert await one(world) == before


@pytest.mark.parametrize("body", [{}, {"update": "x"}, {"update": []}, {"update": ["x"]}, {"update": None}])
async def test_an_update_that_is_no_object_is_a_bad_request(world: World, body: Any) -> None:
    assert (await put(world, "/1050", body)).status == 400


async def test_many_are_changed_independently(world: World) -> None:
    items = [
        {"id": "1050", "update": {"status": "Inactive"}},
        {"id": 1051, "update": {"status": "Active"}},
        {"id": 7, "update": {"status": "Active"}},
        {"id": "x7", "update": {"status": "Active"}},
    ]
    reply = await put(world, "", {"deliveries": items})
    assert (reply.status, reply.json) == (
        200,
        {
            "status": "Warning",
            "message": "OK",
            "deliveries": [
                {"id": 1050, "success": True, "message": "Delivery updated"},
                {"id": 1051, "success": False, "message": "Delivery already active"},
                {"id": 7, "success": False, "message": "Delivery not found"},
                {"id": "x7", "success": False, "message": "Delivery not found"},
            ],
            "errors": ["Delivery not found", "Delivery not found"],
        },
    )


async def test_when_none_was_changed_and_one_failed_the_whole_is_an_error(world: World) -> None:
    items = [{"id": 7, "update": {"revenue": 1}}, {"id": 1051, "update": {"status": "Active"}}]
    reply = await put(world, "", {"deliveries": items})
    assert (reply.status, reply.json["status"]) == (200, "Error")
    assert reply.json["message"] == "One or more errors occurred, see errors array"
    assert reply.json["errors"] == ["Delivery not found"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"deliveries": []},
        {"deliveries": "1050"},
        {"deliveries": [1050]},
        {"deliveries": [{"update": {}}]},
        {"deliveries": [{"id": True, "update": {}}]},
        {"deliveries": [{"id": [1], "update": {}}]},
        {"deliveries": [{"id": 1}] * 1001},
    ],
)
async def test_a_list_that_cannot_be_read_is_a_bad_request(world: World, body: Any) -> None:
    assert (await put(world, "", body)).status == 400


async def test_a_saved_delivery_needs_a_passed_test_before_its_status_changes(world: World) -> None:
    delivery_id = await saved(world)
    for status in ("Active", "Inactive"):
        reply = await put(world, f"/{delivery_id}", {"update": {"status": status, "revenue": 3}})
        assert reply.json["deliveries"] == [
            {"id": delivery_id, "success": False, "message": "Delivery has not passed a test"}
        ]
        assert (reply.status, reply.json["status"]) == (200, "Error")
    assert (await one(world, delivery_id))["status"] == "Saved"
    assert (await put(world, f"/{delivery_id}", {"update": {"revenue": 3}})).json["status"] == "Success"
    passed = await saved(world, passes=True)
    assert (await put(world, f"/{passed}", {"update": {"status": "Active"}})).json["status"] == "Success"
    assert (await one(world, passed))["status"] == "Active"


async def test_a_form_changes_a_delivery_too(world: World) -> None:
    reply = await world.call("PUT", f"{BASE}/1050", body=b"update[status]=Inactive&update[caps][day]=4")
    assert reply.json["status"] == "Success"
    assert ((await one(world))["status"], (await one(world))["caps"]["day"]) == ("Inactive", 4)


async def test_another_account_has_no_such_delivery(world: World) -> None:
    headers = {"X_KEY": OTHER_KEY}
    assert (await world.call("GET", BASE, headers=headers)).json["deliveries"] == []
    assert (await world.call("GET", f"{BASE}/1050", headers=headers)).status == 404
    body = {"deliveries": [{"id": 1050, "update": {"status": "Inactive"}}]}
    reply = await world.call("PUT", BASE, json=body, headers=headers)
    assert reply.json["deliveries"][0]["message"] == "Delivery not found"
    assert (await one(world))["status"] == "Active"


async def test_an_archived_delivery_is_gone(world: World) -> None:
    await setup.deliveries.archive(world.database, world.actor, 1051)
    assert (await world.call("GET", f"{BASE}/1051")).status == 404
    assert (await put(world, "/1051", {"update": {"status": "Active"}})).status == 404


async def test_a_change_is_in_the_audit_log_and_counts_at_once(world: World) -> None:
    await put(world, "/1050", {"update": {"status": "Inactive"}})
    change = (await world.rows("audit_log"))[-1]
    assert (change["entity"], change["entity_id"], change["action"]) == ("delivery", 1050, "update")
    queue_id = await world.accepted()
    await world.deliver()
    assert (await world.record(queue_id))["status"] == "Rejected"
