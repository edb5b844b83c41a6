"""A queue id tells what became of its lead, with what the key's settings append."""

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.dialects.leadbyte.world import ADMIN_KEY, OTHER_KEY, World

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Payout
from leadyard.identity.model import QueueAppend

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MEMBERS = ["code", "response", "info", "leadId", "rejectionId", "processTime", "timestamp", "payout"]


async def test_the_envelope_of_a_poll(world: World) -> None:
    queue_id = await world.accepted()
    await world.deliver()
    reply = await world.call("GET", f"/restapi/v1.2/apiqueue/{queue_id}")
    pattern = (
        r'\{"status":"Success","code":1,"message":"OK","records":\[\{"queueId":"' + queue_id + '",'
        r'"status":"Approved","processed":"(?P<at>[^"]+)","response":\{"code":1,"response":"OK","info":\[\],'
        r'"leadId":\d+,"rejectionId":null,"processTime":[\d.]+,"timestamp":"(?P=at)","payout":3\.5\}\}\]\}'
    )
    match = re.fullmatch(pattern, reply.text)
    assert match is not None, reply.text
    assert MOMENT.fullmatch(match["at"])


async def test_a_lead_whose_sale_is_open(world: World) -> None:
    record = await world.record(await world.accepted())
    assert record["status"] == "Pending"
    assert MOMENT.fullmatch(record["processed"])
    assert list(record["response"]) == MEMBERS
    assert record["response"]["payout"] == "Pending"
    assert record["response"]["leadId"] > 0


async def test_a_lead_that_nobody_buys(world: World) -> None:
    await setup.deliveries.update(world.database, world.actor, 1050, {"status": "Inactive"})
    queue_id = await world.accepted()
    await world.deliver()
    record = await world.record(queue_id)
    assert record["status"] == "Rejected"
    response = record["response"]
    assert (response["code"], response["rejectionId"], response["payout"]) == (1, None, 0)
    assert response["leadId"] > 0


async def test_a_lead_on_system_accept_is_approved_when_it_is_valid(world: World) -> None:
    record = await world.record(await world.accepted(campid="EXAMPLE-SYSTEM"))
    assert record["status"] == "Approved"
    assert record["response"]["payout"] == 3.5


async def test_a_payout_in_percent(world: World) -> None:
    payout = Payout(kind="percent", amount=Decimal(10))  # type: ignore[arg-type]  # as JSON brings it
    await world.change_campaign(9, payout=payout)
    queue_id = await world.accepted()
    await world.deliver()
    assert (await world.record(queue_id))["response"]["payout"] == 1.25


async def test_a_quarantined_lead_tells_its_quarantine_id(world: World) -> None:
    record = await world.record(await world.accepted(campid="EXAMPLE-QUARANTINE"))
    assert list(record) == ["queueId", "status", "processed", "response", "quarantineId"]
    assert (record["status"], record["processed"], record["response"]) == ("Pending", None, None)
    assert record["quarantineId"] > 0


async def test_a_lead_that_was_rejected_from_quarantine(world: World) -> None:
    queue_id = await world.accepted(campid="EXAMPLE-QUARANTINE")
    body = {"quarantineId": queue_id, "action": "reject"}
    await world.call("POST", "/restapi/v1.3/quarantine/process", json=body)
    record = await world.record(queue_id)
    assert list(record) == ["queueId", "status", "processed", "response"]
    assert record["status"] == "Rejected"
    response = record["response"]
    assert (response["code"], response["response"]) == (-5, "Validation error")
    assert response["info"] == ["Rejected from quarantine"]
    assert response["leadId"] is None
    assert response["rejectionId"] > 0
    assert response["payout"] == 0


@pytest.mark.parametrize(
    "queue_id",
    ["ac1e0092-3656328b-60b032e0-d708-7e561a98", "0", "unknown", "x" * 3000, "é", "00000000"],
)
async def test_an_unknown_queue_id(world: World, queue_id: str) -> None:
    reply = await world.call("GET", f"/restapi/v1.3/apiqueue/{queue_id}")
    assert reply.status == 200
    assert reply.json["records"] == [
        {"queueId": queue_id, "status": "Not Found", "processed": None, "response": None}
    ]


async def test_another_accounts_queue_id_answers_as_an_unknown_one(world: World) -> None:
    queue_id = await world.accepted()
    record = await world.record(queue_id, OTHER_KEY)
    assert record == {"queueId": queue_id, "status": "Not Found", "processed": None, "response": None}


async def test_an_id_in_capitals_is_the_same(world: World) -> None:
    queue_id = await world.accepted()
    assert (await world.record(queue_id.upper()))["status"] == "Pending"


@pytest.mark.parametrize("how", ["json", "query", "brackets"])
async def test_many_ids_are_answered_in_order(world: World, how: str) -> None:
    ids = [await world.accepted(), "unknown", await world.accepted()]
    ways: dict[str, dict[str, Any]] = {
        "json": {"json": {"queueIds": ids}},
        "query": {"query": {"queueIds": ",".join(ids)}},
        "brackets": {"query": {"queueIds[]": ids}},
    }
    request = ways[how]
    reply = await world.call("GET", "/restapi/v1.3/apiqueue", **request)
    assert [record["queueId"] for record in reply.json["records"]] == ids
    assert [record["status"] for record in reply.json["records"]] == ["Pending", "Not Found", "Pending"]


async def test_an_id_that_is_asked_for_twice_is_answered_twice(world: World) -> None:
    one, other = await world.accepted(), await world.accepted()
    asked = [one, other, one, "unknown", "unknown"]
    reply = await world.call("GET", "/restapi/v1.3/apiqueue", json={"queueIds": asked})
    assert [record["queueId"] for record in reply.json["records"]] == asked


@pytest.mark.parametrize("ids", [None, [], "", [[]], {"a": 1}, ["x"] * 1001])
async def test_a_missing_list_of_ids_is_refused(world: World, ids: Any) -> None:
    json = (
        {"queueIds": [f"{one}{i}" for i, one in enumerate(ids)]} if ids == ["x"] * 1001 else {"queueIds": ids}
    )
    reply = await world.call("GET", "/restapi/v1.3/apiqueue", json=json)
    assert reply.status == 400


async def test_the_demo_key_appends_sold_buyers_and_deliveries(world: World) -> None:
    queue_id = await world.accepted()
    before = await world.record(queue_id, ADMIN_KEY)
    assert (before["buyers"], before["deliveries"]) == ([], [])
    await world.deliver()
    record = await world.record(queue_id, ADMIN_KEY)
    assert list(record) == ["queueId", "status", "processed", "response", "buyers", "deliveries"]
    assert record["buyers"] == [
        {"id": "4", "name": "Example Buyer", "bid": "33", "status": "Sold", "revenue": 12.5}
    ]
    assert record["deliveries"] == [
        {
            "id": "1050",
            "reference": "Delivery 1050",
            "status": "Sold",
            "reason": record["deliveries"][0]["reason"],
        }
    ]


async def test_a_key_may_append_everything(world: World) -> None:
    append = QueueAppend(
        campaign=True, supplier=True, buyers=True, deliveries=True, lead=True, lead_fields=("email", "c1")
    )
    key = await world.new_key(append=append)
    queue_id = await world.accepted(email="jo@example.com")
    record = await world.record(queue_id, key)
    assert list(record)[4:] == ["campaign", "supplier", "buyers", "deliveries", "lead"]
    assert record["campaign"] == {"id": "9", "name": "Example Campaign", "reference": "EXAMPLE-CAMPAIGN"}
    assert record["supplier"] == {"id": "1", "name": "Supplier 1", "sid": "1"}
    lead_id = record["response"]["leadId"]
    assert record["lead"] == {"id": lead_id, "email": "jo@example.com", "c1": ""}


async def test_a_key_may_append_all_fields_of_the_lead(world: World) -> None:
    key = await world.new_key(append=msgspec.structs.replace(QueueAppend(), lead=True))
    record = await world.record(await world.accepted(firstname="Jo"), key)
    assert record["lead"]["firstname"] == "Jo"
    assert record["lead"]["id"] == record["response"]["leadId"]
