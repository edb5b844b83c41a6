"""Returns, feedback and assignment by hand, in LeadByte's words (docs/leadbyte.md, "Calls")."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import BUYER_KEY, OTHER_KEY, World

from leadyard.campaigns import service as setup

SEE = "One or more errors occurred, see errors array"


async def send(world: World, method: str, path: str, body: Any, key: str = "") -> Any:
    headers = {"X_KEY": key} if key else {}
    reply = await world.call(method, f"/restapi/v1.3/leads/{path}", json=body, headers=headers)
    assert reply.status == 200, reply.text
    return reply.json


async def sold_lead(world: World) -> tuple[int, str]:
    queue_id = await world.accepted()
    await world.deliver()
    return int((await world.record(queue_id))["response"]["leadId"]), queue_id


async def test_a_return_reverses_sale_and_payout_in_record_lead_and_report(world: World) -> None:
    lead_id, queue_id = await sold_lead(world)
    answer = await send(world, "POST", "return", {"leadId": lead_id, "BID": 33, "reason": "DNCC"})
    assert answer == {"status": "Success", "message": "", "details": {str(lead_id): "Return Queued"}}
    record = await world.record(queue_id)
    assert record["status"] == "Rejected"
    response = record["response"]
    assert (response["code"], response["leadId"], response["payout"]) == (1, lead_id, 0)
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")).json
    assert (lead["saleStatus"], lead["revenue"], lead["payout"]) == ("Returned", 0, 0)
    assert (lead["deliveries"][0]["status"], lead["deliveries"][0]["revenue"]) == ("Returned", 0)
    report = (await world.call("GET", "/restapi/v1.2/reports/campaign?datePreset=today")).json["data"][0]
    assert (report["approved"], report["returns"], report["revenue"], report["profit"]) == (1, 1, 0, 0)


async def test_returning_again_warns_and_changes_nothing(world: World) -> None:
    lead_id, _ = await sold_lead(world)
    body = {"leadIds": [str(lead_id)], "BID": "33", "reason": "dncc"}
    await send(world, "POST", "return", body)
    assert await send(world, "POST", "return", body) == {
        "status": "Warning",
        "message": "",
        "details": {str(lead_id): "Already returned"},
        "errors": ["Already returned"],
    }
    assert len(await world.rows("lead_returns")) == 1


async def test_a_batch_names_the_reason_of_each_lead(world: World) -> None:
    lead_id, _ = await sold_lead(world)
    open_ = await world.lead_id()
    body = {"leadIds": [lead_id, open_, 999, "x"], "BID": 33, "reason": "DNCC"}
    assert await send(world, "POST", "return", body) == {
        "status": "Warning",
        "message": "",
        "details": {
            str(lead_id): "Return Queued",
            str(open_): "Lead is not approved",
            "999": "Lead not found",
            "x": "Lead not found",
        },
        "errors": ["Lead is not approved", "Lead not found", "Lead not found"],
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"BID": "77"}, "Lead was not sold to this buyer"),
        ({"reason": "XX"}, "Return reason is not known"),
        ({"reason": None}, "Return reason is not known"),
    ],
)
async def test_what_cannot_be_returned_is_an_error_of_its_item(
    world: World, change: dict[str, Any], text: str
) -> None:
    lead_id, _ = await sold_lead(world)
    body = {"leadId": lead_id, "BID": "33", "reason": "DNCC", **change}
    assert await send(world, "POST", "return", body) == {
        "status": "Error",
        "message": SEE,
        "details": {str(lead_id): text},
        "errors": [text],
    }


async def test_a_buyers_key_returns_its_own_leads_whatever_bid_says(world: World) -> None:
    lead_id, _ = await sold_lead(world)
    other = await setup.buyers.create(world.database, world.actor, {"company": "Other", "bid": "44"})
    assert other.bid == "44"
    answer = await send(
        world, "POST", "return", {"leadId": lead_id, "BID": "44", "reason": "DNCC"}, BUYER_KEY
    )
    assert answer["details"] == {str(lead_id): "Return Queued"}
    open_ = await world.lead_id()
    answer = await send(world, "POST", "return", {"leadId": open_, "reason": "DNCC"}, BUYER_KEY)
    assert answer["details"] == {str(open_): "Lead not found"}


async def test_leads_of_another_account_are_not_found(world: World) -> None:
    lead_id, _ = await sold_lead(world)
    for method, path, more in (
        ("POST", "return", {"leadId": lead_id, "BID": 33, "reason": "DNCC"}),
        ("PUT", "internalfeedback", {"leads": [lead_id], "feedback": "x"}),
    ):
        answer = await send(world, method, path, more, OTHER_KEY)
        assert answer["status"] == "Error"
        assert answer["details"][str(lead_id)] in {"Lead not found", "Lead was not sold to this buyer"}
    assert await world.rows("lead_returns") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "return", {"BID": 33, "reason": "DNCC"}),
        ("POST", "return", {"leadId": 1, "reason": "DNCC"}),
        ("POST", "return", {"leadId": 1, "BID": {"a": 1}, "reason": "DNCC"}),
        ("PUT", "feedback", {"leads": [1], "BID": 33}),
        ("PUT", "feedback", {"leads": [1], "feedback": "x"}),
        ("PUT", "feedback", {"leads": [1], "BID": 33, "feedback": "x" * 300}),
        ("PUT", "internalfeedback", {"feedback": "x"}),
        ("POST", "assignbuyer", {"leadId": 1}),
        ("POST", "assignbuyer", {"deliveryId": 1053}),
    ],
)
async def test_a_call_that_lacks_something_is_refused_as_a_whole(
    world: World, method: str, path: str, body: Any
) -> None:
    reply = await world.call(method, f"/restapi/v1.3/leads/{path}", json=body)
    assert (reply.status, reply.json["status"]) == (400, "Error")


async def test_feedback_is_shown_with_the_lead_but_internal_feedback_is_not(world: World) -> None:
    lead_id, _ = await sold_lead(world)
    body = {"leads": [lead_id], "BID": "33", "feedback": "Converted", "notes": "Ünique", "overwrite": "No"}
    assert await send(world, "PUT", "feedback", body) == {
        "status": "Success",
        "message": "",
        "details": {str(lead_id): "Feedback added"},
    }
    refused = await send(world, "PUT", "feedback", body)
    assert (refused["status"], refused["errors"]) == ("Error", ["Feedback already present"])
    inside = {"leads": str(lead_id), "feedback": "Good"}
    assert (await send(world, "PUT", "internalfeedback", inside))["status"] == "Success"
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")).json
    (said,) = lead["feedback"]
    assert list(said) == ["at", "BID", "feedback", "notes"]
    assert (said["BID"], said["feedback"], said["notes"]) == ("33", "Converted", "Ünique")


async def test_a_lead_is_assigned_at_the_deliverys_revenue(world: World) -> None:
    queue_id = await world.accepted()
    lead_id = int((await world.record(queue_id))["response"]["leadId"])
    body = {"leadId": lead_id, "deliveryId": "1053", "triggerActions": "Responders,Webhooks"}
    assert await send(world, "POST", "assignbuyer", body) == {
        "status": "Success",
        "message": "",
        "details": {str(lead_id): "Assigned"},
    }
    record = await world.record(queue_id)
    assert (record["status"], record["response"]["payout"]) == ("Approved", 3.5)
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}")).json
    assert (lead["saleStatus"], lead["revenue"]) == ("Assigned", 12.5)
    assert lead["deliveries"][0]["status"] == "Assigned"
    again = await send(world, "POST", "assignbuyer", body)
    assert (again["status"], again["errors"]) == ("Warning", ["Already assigned to this delivery"])
    unknown = await send(world, "POST", "assignbuyer", {"leadId": lead_id, "deliveryId": "9999"})
    assert unknown["details"] == {str(lead_id): "Delivery not found"}
