"""PUT /leads changes each item for itself and says what it did."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World


async def put(world: World, *items: Any, **request: Any) -> Any:
    reply = await world.call("PUT", "/restapi/v1.3/leads", json={"leads": list(items)}, **request)
    assert reply.status == 200, reply.text
    return reply.json


def item(id_: Any, message: str, *, success: bool = True, **changes: Any) -> dict[str, Any]:
    usual = {"id": id_, "success": success, "message": message, "warnings": [], "errors": []}
    return {**usual, **changes}


async def stored(world: World, lead_id: int) -> dict[str, str]:
    fields: dict[str, str] = next(row["fields"] for row in await world.rows("leads") if row["id"] == lead_id)
    return fields


@pytest.mark.parametrize("as_sent", [str, int])
async def test_the_id_comes_back_as_it_was_sent(world: World, as_sent: Any) -> None:
    lead_id = as_sent(await world.lead_id())
    answer = await put(world, {"id": lead_id, "update": {"c1": "x"}})
    assert answer == {"status": "Success", "message": "OK", "leads": [item(lead_id, "Lead updated")]}


async def test_names_and_values_of_an_update_are_read_as_those_of_a_post(world: World) -> None:
    lead_id = await world.lead_id()
    update = {"Make_of_Car": " Fiat ", "First_Name": "Zoë", "POSTCODE": "tn256qd", "c1": 5, "c2": ["a", "b"]}
    answer = await put(world, {"id": lead_id, "update": update})
    assert answer["leads"] == [item(lead_id, "Lead updated")]
    fields = await stored(world, lead_id)
    assert (
        fields | {"data13": "Fiat", "firstname": "Zoë", "postcode": "TN25 6QD", "c1": "5", "c2": "a,b"}
        == fields
    )


async def test_an_update_may_be_a_list_of_objects(world: World) -> None:
    lead_id = await world.lead_id()
    await put(world, {"id": lead_id, "update": [{"c1": "x"}, {"c2": "y"}, {"c1": "z"}]})
    fields = await stored(world, lead_id)
    assert (fields["c1"], fields["c2"]) == ("z", "y")


async def test_a_bad_value_is_a_warning_and_the_rest_is_stored(world: World) -> None:
    lead_id = await world.lead_id()
    update = {"email": "x", "phone1": {"a": 1}, "nonsense": "1", "c1": "kept"}
    answer = await put(world, {"id": lead_id, "update": update})
    warnings = [
        "Phone 1 is not a valid value",
        "Email is not a valid email address",
    ]
    assert answer["leads"] == [item(lead_id, "Lead updated", warnings=warnings)]
    fields = await stored(world, lead_id)
    assert fields["c1"] == "kept"
    assert fields["email"] != "x"


async def test_unknown_members_are_ignored(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await put(world, {"id": lead_id, "update": {"nonsense": "1", "c1": "kept"}})
    assert answer["leads"] == [item(lead_id, "Lead updated")]
    answer = await put(world, {"id": lead_id, "update": {"nonsense": "1"}})
    text = "Nothing was changed"
    assert answer["leads"] == [item(lead_id, "Lead updated", success=False, errors=[text])]


async def test_an_update_of_which_nothing_is_stored_fails(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await put(world, {"id": lead_id, "update": {"email": "x"}})
    texts = ["Email is not a valid email address"]
    failed = item(lead_id, "Lead updated", success=False, warnings=texts, errors=texts)
    assert answer == {"status": "Error", "message": "OK", "leads": [failed]}


async def test_an_item_that_asks_for_nothing_fails(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await put(world, {"id": lead_id, "update": {}})
    text = "Nothing was changed"
    assert answer["leads"] == [item(lead_id, text, success=False, errors=[text])]


async def test_items_are_independent(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await put(world, {"id": 999_999, "update": {"c1": "x"}}, {"id": lead_id, "update": {"c1": "x"}})
    missing = item(999_999, "Lead not found", success=False, errors=["Lead not found"])
    assert answer == {
        "status": "Warning",
        "message": "OK",
        "leads": [missing, item(lead_id, "Lead updated")],
    }


async def test_only_valid_leads_of_the_own_account_are_changed(world: World) -> None:
    lead_id = await world.lead_id()
    await world.post(email="x")
    await world.post(campid="EXAMPLE-QUARANTINE")
    others = [row["id"] for row in await world.rows("leads") if row["id"] != lead_id]
    answer = await put(world, *({"id": id_, "update": {"c1": "x"}} for id_ in (*others, "abc", "9" * 30)))
    assert {entry["message"] for entry in answer["leads"]} == {"Lead not found"}
    foreign = await put(world, {"id": lead_id, "update": {"c1": "x"}}, headers={"X_KEY": OTHER_KEY})
    assert foreign["leads"] == [item(lead_id, "Lead not found", success=False, errors=["Lead not found"])]
    assert "c1" not in await stored(world, lead_id)


async def test_messages_without_an_update(world: World) -> None:
    lead_id = await world.lead_id()
    reprocessed = await put(world, {"id": lead_id, "action": "Reprocess"})
    assert reprocessed["leads"] == [item(lead_id, "Lead queued for reprocessing")]
    triggered = await put(world, {"id": lead_id, "triggerDeliveryIds": [1053]})
    assert triggered["leads"] == [item(lead_id, "Delivery triggered")]


async def test_a_delivery_that_cannot_be_triggered(world: World) -> None:
    lead_id = await world.lead_id()
    texts = ["Delivery 1050 cannot be triggered", "Delivery abc cannot be triggered"]
    answer = await put(world, {"id": lead_id, "triggerDeliveryIds": [1050, "abc"]})
    assert answer["leads"] == [
        item(lead_id, "Nothing was changed", success=False, warnings=texts, errors=texts)
    ]
    partly = await put(world, {"id": lead_id, "triggerDeliveryIds": ["1050", "1053"]})
    assert partly["leads"] == [item(lead_id, "Delivery triggered", warnings=texts[:1])]


async def test_a_triggered_delivery_sells_the_lead(world: World) -> None:
    lead_id = await world.lead_id()
    await world.deliver()
    await put(world, {"id": lead_id, "triggerDeliveryId": 1053})
    await world.deliver()
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")).json
    assert [(each["id"], each["status"]) for each in lead["deliveries"]] == [
        ("1050", "Sold"),
        ("1053", "Sold"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"leads": []},
        {"leads": None},
        {"leads": "x"},
        {"leads": [1]},
        {"leads": [{}]},
        {"leads": [{"id": None, "update": {"c1": "x"}}]},
        {"leads": [{"id": "", "update": {"c1": "x"}}]},
        {"leads": [{"id": True, "update": {"c1": "x"}}]},
        {"leads": [{"id": 1.5, "update": {"c1": "x"}}]},
        {"leads": [{"id": [1], "update": {"c1": "x"}}]},
        {"leads": [{"id": 1, "update": "x"}]},
        {"leads": [{"id": 1, "update": ["x"]}]},
        {"leads": [{"id": 1, "action": "explode"}]},
        {"leads": [{"id": 1, "action": "process"}]},
        {"leads": [{"id": 1, "action": {"a": 1}}]},
        {"leads": [{"quarantineId": 1, "action": "reprocess"}]},
        {"leads": [{"id": 1, "triggerDeliveryIds": {"a": 1}}]},
        {"leads": [{"id": 1, "update": {"c1": "x"}}] * 1001},
    ],
)
async def test_what_cannot_be_read_is_refused_as_a_whole(world: World, body: Any) -> None:
    reply = await world.call("PUT", "/restapi/v1.3/leads", json=body)
    assert reply.status == 400
    assert reply.json["errors"]


async def test_a_single_item_may_come_without_a_list(world: World) -> None:
    lead_id = await world.lead_id()
    reply = await world.call("PUT", "/restapi/v1.3/leads", json={"id": lead_id, "update": {"c1": "x"}})
    assert reply.json["leads"] == [item(lead_id, "Lead updated")]


async def test_a_form_may_update(world: World) -> None:
    lead_id = await world.lead_id()
    body = f"leads[0][id]={lead_id}&leads[0][update][c1]=x".encode()
    reply = await world.call("PUT", "/restapi/v1.3/leads", body=body)
    assert reply.json["leads"] == [item(str(lead_id), "Lead updated")]


async def test_a_quarantined_lead_is_corrected_and_processed(world: World) -> None:
    queue_id = await world.accepted(campid="EXAMPLE-QUARANTINE")
    held = (await world.record(queue_id))["quarantineId"]
    answer = await put(world, {"quarantineId": str(held), "update": {"c1": "x"}, "action": "process"})
    assert answer == {
        "status": "Success",
        "message": "OK",
        "leads": [{"quarantineId": str(held), "success": True, "message": "Quarantine lead updated"}],
    }
    record = await world.record(queue_id)
    assert record["response"]["leadId"] == held
    assert (await stored(world, held))["c1"] == "x"


async def test_a_quarantined_lead_may_be_named_by_its_queue_id(world: World) -> None:
    queue_id = await world.accepted(campid="EXAMPLE-QUARANTINE")
    answer = await put(world, {"quarantineId": queue_id, "update": {"postcode": "x", "c1": "y"}})
    assert answer["leads"] == [
        {
            "quarantineId": queue_id,
            "success": True,
            "message": "Quarantine lead updated",
            "warnings": ["Postcode is not a valid postcode"],
        }
    ]
    assert (await world.record(queue_id))["status"] == "Pending"


async def test_a_lead_that_is_not_in_quarantine(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await put(
        world, {"quarantineId": lead_id, "update": {"c1": "x"}}, {"quarantineId": 77_777, "action": "process"}
    )
    assert answer == {
        "status": "Error",
        "message": "OK",
        "leads": [
            {"quarantineId": lead_id, "success": False, "message": "Not in quarantine"},
            {"quarantineId": 77_777, "success": False, "message": "Lead not found"},
        ],
    }
    assert "c1" not in await stored(world, lead_id)
