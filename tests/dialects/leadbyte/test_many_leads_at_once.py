"""Financials, reprocessing, quarantine and triggering: `details` for each lead, and the batch rule over them."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World

SEE_ERRORS = "One or more errors occurred, see errors array"


async def send(world: World, method: str, path: str, body: Any, **request: Any) -> Any:
    reply = await world.call(method, f"/restapi/v1.3{path}", json=body, **request)
    assert reply.status == 200, reply.text
    return reply.json


async def sold(world: World) -> int:
    lead_id = await world.lead_id()
    await world.deliver()
    return lead_id


async def shown(world: World, lead_id: int) -> tuple[Any, Any]:
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")).json
    return lead["payout"], lead["revenue"]


@pytest.mark.parametrize(
    ("change", "amounts"),
    [
        ({"newPayout": 80}, (80, 12.5)),
        ({"newRevenue": "120.50"}, (3.5, 120.5)),
        ({"newPayout": 0, "newRevenue": 0.000001}, (0, 0.000001)),
        ({"newPayout": "1.10", "newRevenue": None, "BID": 33}, (1.1, 12.5)),
    ],
)
async def test_amounts_replace_and_do_not_add(world: World, change: Any, amounts: Any) -> None:
    lead_id = await sold(world)
    for _ in range(2):
        answer = await send(world, "PUT", "/leadfinancials", {"leads": str(lead_id), **change})
        assert answer == {"status": "Success", "message": "", "details": {str(lead_id): "Financials updated"}}
        assert await shown(world, lead_id) == amounts
    report = await world.call("GET", "/restapi/v1.2/reports/campaign?datePreset=today")
    row = report.json["data"][0]
    assert (row["supplierCost"], row["revenue"]) == amounts


async def test_leads_that_were_not_sold_keep_their_amounts(world: World) -> None:
    lead_id, unsold = await sold(world), await world.lead_id()
    body = {"leads": [lead_id, unsold, 999_999, "abc"], "newPayout": 1}
    answer = await send(world, "PUT", "/leadfinancials", body)
    reasons = ["Lead is not approved", "Lead not found", "Lead not found"]
    ids = [str(unsold), "999999", "abc"]
    assert answer == {
        "status": "Warning",
        "message": "",
        "details": {str(lead_id): "Financials updated", **dict(zip(ids, reasons, strict=True))},
        "errors": reasons,
    }
    assert await shown(world, unsold) == (0, 0)


async def test_nothing_done_is_an_error(world: World) -> None:
    unsold = await world.lead_id()
    answer = await send(world, "PUT", "/leadfinancials", {"leads": [unsold], "newPayout": 1})
    assert list(answer) == ["status", "message", "details", "errors"]
    assert (answer["status"], answer["message"]) == ("Error", SEE_ERRORS)


@pytest.mark.parametrize(
    "body",
    [
        {"leads": [1]},
        {"newPayout": 1},
        {"leads": [], "newPayout": 1},
        {"leads": [1], "newPayout": "abc"},
        {"leads": [1], "newPayout": -1},
        {"leads": [1], "newRevenue": "-0.01"},
        {"leads": [1], "newRevenue": "9" * 30},
        {"leads": [1], "newRevenue": "NaN"},
        {"leads": [1], "newRevenue": "1e400"},
        {"leads": [1], "newRevenue": True},
        {"leads": [1], "newRevenue": {"a": 1}},
        {"leads": [1], "newRevenue": 1, "BID": "nobody"},
        {"leads": [1], "newRevenue": 1, "BID": {"a": 1}},
        {"leads": {"a": 1}, "newRevenue": 1},
        {"leads": [*range(1, 1002)], "newRevenue": 1},
    ],
)
async def test_bad_amounts_are_refused_as_a_whole(world: World, body: Any) -> None:
    lead_id = await sold(world)
    reply = await world.call("PUT", "/restapi/v1.3/leadfinancials", json=body)
    assert reply.status == 400
    assert reply.json["errors"]
    assert await shown(world, lead_id) == (3.5, 12.5)


@pytest.mark.parametrize("member", ["leadId", "leadIds"])
async def test_leads_are_reprocessed(world: World, member: str) -> None:
    lead_id = await world.lead_id()
    await world.deliver()
    answer = await send(world, "POST", "/leads/reprocess", {member: lead_id})
    assert answer == {
        "status": "Success",
        "message": "",
        "details": {str(lead_id): "Queued for reprocessing"},
    }
    await world.deliver()
    assert await shown(world, lead_id) == (3.5, 12.5)


async def test_unknown_leads_are_not_reprocessed(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await send(world, "POST", "/leads/reprocess", {"leadIds": [lead_id, "7777"]})
    assert answer["status"] == "Warning"
    assert answer["details"]["7777"] == "Lead not found"
    assert answer["errors"] == ["Lead not found"]
    foreign = {"X_KEY": OTHER_KEY}
    answer = await send(world, "POST", "/leads/reprocess", {"leadId": lead_id}, headers=foreign)
    assert (answer["status"], answer["errors"]) == ("Error", ["Lead not found"])


@pytest.mark.parametrize(
    ("action", "text", "status"),
    [("process", "Queued for processing", "Approved"), ("REJECT", "Queued for rejection", "Rejected")],
)
@pytest.mark.parametrize("by_queue_id", [True, False])
async def test_quarantine_is_processed_once(
    world: World, action: str, text: str, status: str, *, by_queue_id: bool
) -> None:
    queue_id = await world.accepted(campid="EXAMPLE-QUARANTINE")
    held = queue_id if by_queue_id else (await world.record(queue_id))["quarantineId"]
    body = {"quarantineIds": [held], "action": action}
    answer = await send(world, "POST", "/quarantine/process", body)
    assert answer == {
        "status": "Success",
        "message": "Quarantined lead(s) processed successfully",
        "details": {str(held): text},
    }
    again = await send(world, "POST", "/quarantine/process", body)
    assert (again["status"], again["details"]) == ("Error", {str(held): "Not in quarantine"})
    await world.deliver()
    assert (await world.record(queue_id))["status"] == status


@pytest.mark.parametrize(
    "body", [{}, {"quarantineId": 1}, {"action": "process"}, {"quarantineId": 1, "action": "x"}]
)
async def test_quarantine_needs_an_id_and_an_action(world: World, body: Any) -> None:
    assert (await world.call("POST", "/restapi/v1.3/quarantine/process", json=body)).status == 400


async def test_another_accounts_quarantine_is_out_of_reach(world: World) -> None:
    queue_id = await world.accepted(campid="EXAMPLE-QUARANTINE")
    body = {"quarantineId": queue_id, "action": "process"}
    answer = await send(world, "POST", "/quarantine/process", body, headers={"X_KEY": OTHER_KEY})
    assert answer["details"] == {queue_id: "Lead not found"}
    assert (await world.record(queue_id))["status"] == "Pending"


async def test_deliveries_are_triggered(world: World) -> None:
    lead_id = await world.lead_id()
    body = {"leads": [lead_id], "deliveries": ["1053", 1050]}
    reply = await world.call("POST", "/restapi/v1.3/deliveries/trigger", json=body)
    assert reply.text == (
        '{"status":"Warning","message":"See push results","warnings":[],"pushResults":['
        f'{{"deliveryId":"1053","queued":true,"status":"Queued","leadId":{lead_id}}},'
        f'{{"deliveryId":"1050","queued":false,"status":"Delivery 1050 cannot be triggered","leadId":{lead_id}}}]}}'
    )


async def test_one_delivery_is_triggered(world: World) -> None:
    lead_id = await world.lead_id()
    answer = await send(world, "POST", "/deliveries/trigger", {"leadId": str(lead_id), "deliveryId": 1053})
    assert answer == {
        "status": "Success",
        "message": "See push results",
        "warnings": [],
        "pushResults": [{"deliveryId": "1053", "queued": True, "status": "Queued", "leadId": lead_id}],
    }


async def test_an_unknown_lead_is_not_triggered(world: World) -> None:
    answer = await send(world, "POST", "/deliveries/trigger", {"leads": [77, "abc"], "deliveryId": 1053})
    assert answer["status"] == "Error"
    assert [(push["leadId"], push["status"]) for push in answer["pushResults"]] == [
        (77, "Lead not found"),
        ("abc", "Lead not found"),
    ]


@pytest.mark.parametrize("body", [{}, {"leadId": 1}, {"deliveryId": 1}, {"leadId": {}, "deliveryId": 1}])
async def test_triggering_needs_leads_and_deliveries(world: World, body: Any) -> None:
    assert (await world.call("POST", "/restapi/v1.3/deliveries/trigger", json=body)).status == 400
