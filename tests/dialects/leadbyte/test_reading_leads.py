"""GET /leads shows leads with what happened to them, to the key's own account only."""

from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World

from leadyard.leads.model import AttemptState

MEMBERS = [
    "id", "received", "campaign", "supplier", "payout", "revenue", "history", "currency", "systemStatus",
    "saleStatus", "deliveryStatus", "queueId", "fields", "deliveries", "feedback",
]  # fmt: skip


async def test_a_sold_lead(world: World) -> None:
    queue_id = await world.accepted(email="Jo@Example.com")
    await world.deliver()
    lead_id = (await world.record(queue_id))["response"]["leadId"]
    reply = await world.call("GET", f"/restapi/v1.2/leads/{lead_id}")
    lead = reply.json
    assert list(lead) == MEMBERS
    assert lead["id"] == str(lead_id)
    assert lead["campaign"] == {"id": "9", "name": "Example Campaign", "reference": "EXAMPLE-CAMPAIGN"}
    assert lead["supplier"] == {"id": "1", "name": "Supplier 1", "sid": "1"}
    assert (lead["payout"], lead["revenue"], lead["currency"]) == (3.5, 12.5, "GBP")
    assert (lead["systemStatus"], lead["saleStatus"], lead["deliveryStatus"]) == ("Valid", "Sold", "Full")
    assert lead["queueId"] == queue_id
    assert lead["fields"]["email"] == "jo@example.com"
    assert [list(delivery) for delivery in lead["deliveries"]] == [
        ["id", "reference", "status", "reason", "buyer", "revenue", "at"]
    ]
    assert lead["deliveries"][0]["buyer"] == {"id": "4", "name": "Example Buyer", "bid": "33"}
    assert all(list(event) == ["at", "event", "detail"] for event in lead["history"])
    assert lead["history"]
    assert lead["feedback"] == []


async def test_a_lead_that_was_not_delivered_yet(world: World) -> None:
    lead = (await world.call("GET", f"/restapi/v1.3/leads/{await world.lead_id()}")).json
    assert (lead["saleStatus"], lead["deliveryStatus"], lead["payout"]) == ("Pending", "None", 0)


@pytest.mark.parametrize("asked", ["0", "-1", "999999", "9" * 19, "9" * 40, "abc", "1.5", "é", "1 OR 1=1"])
async def test_an_unknown_id(world: World, asked: str) -> None:
    reply = await world.call("GET", f"/restapi/v1.3/leads/{asked}")
    assert reply.status == 404
    assert reply.json == {"status": "Error", "message": "Lead not found", "errors": ["Lead not found"]}


async def test_rejections_and_quarantined_leads_have_no_lead_id(world: World) -> None:
    await world.post(email="x")
    await world.post(campid="EXAMPLE-QUARANTINE")
    for lead in await world.rows("leads"):
        assert (await world.call("GET", f"/restapi/v1.3/leads/{lead['id']}")).status == 404


async def test_another_accounts_lead_does_not_exist(world: World) -> None:
    lead_id = await world.lead_id()
    foreign = {"X_KEY": OTHER_KEY}
    assert (await world.call("GET", f"/restapi/v1.3/leads/{lead_id}", headers=foreign)).status == 404
    many = await world.call("GET", "/restapi/v1.3/leads", json={"leadIds": [lead_id]}, headers=foreign)
    assert many.json == []


async def test_many_leads_are_a_bare_list_in_the_order_asked(world: World) -> None:
    ids = [await world.lead_id() for _ in range(3)]
    asked = [str(ids[2]), 999_999, ids[0], "nonsense", ids[1]]
    reply = await world.call("GET", "/restapi/v1.2/leads", json={"leadIds": asked})
    assert [lead["id"] for lead in reply.json] == [str(ids[2]), str(ids[0]), str(ids[1])]
    twice = await world.call("GET", "/restapi/v1.2/leads", json={"leadIds": [ids[0], ids[1], ids[0]]})
    assert [lead["id"] for lead in twice.json] == [str(ids[0]), str(ids[1]), str(ids[0])]


async def test_a_full_cap_has_one_word_and_a_buyers_words_stay(world: World) -> None:
    lead_id = await world.lead_id()
    await world.deliver()
    for reason, state, shown in (
        ("delivery cap (day revenue)", AttemptState.SKIPPED, ("Skipped", "cap")),
        ("campaign cap (total)", AttemptState.SKIPPED, ("Skipped", "cap")),
        ("schedule", AttemptState.SKIPPED, ("Skipped", "schedule")),
        ("buyer cap (day)", AttemptState.REJECTED, ("Rejected", "buyer cap (day)")),
    ):
        await mark(world, state, reason)
        assert await told(world, lead_id) == shown


async def test_a_buyer_that_may_have_the_lead_is_an_error_with_its_reason(world: World) -> None:
    lead_id = await world.lead_id()
    await world.deliver()
    await mark(world, AttemptState.UNKNOWN, "no answer in time")
    assert await told(world, lead_id) == ("Error", "no answer in time")


async def mark(world: World, state: AttemptState, reason: str) -> None:
    async with world.database.unit_of_work() as connection:
        await connection.execute("UPDATE delivery_attempts SET state = $1, reason = $2", state, reason)


async def told(world: World, lead_id: int) -> tuple[str, str]:
    (delivery,) = (await world.call("GET", f"/restapi/v1.2/leads/{lead_id}")).json["deliveries"]
    return delivery["status"], delivery["reason"]


async def test_ids_may_be_in_the_query(world: World) -> None:
    lead_id = await world.lead_id()
    reply = await world.call("GET", "/restapi/v1.2/leads", query={"leadIds": f"{lead_id},7"})
    assert len(reply.json) == 1


@pytest.mark.parametrize("ids", [None, [], "", {"a": 1}, [[[]]], list(range(1, 1002))])
async def test_a_missing_list_is_refused(world: World, ids: Any) -> None:
    assert (await world.call("GET", "/restapi/v1.2/leads", json={"leadIds": ids})).status == 400
