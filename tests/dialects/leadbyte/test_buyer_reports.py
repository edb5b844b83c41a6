"""GET /reports/buyer: its columns in order, its rates and its splits."""

from typing import Any

from tests.dialects.leadbyte.world import World

from leadyard.campaigns import service as setup
from leadyard.reports.jobs import fold_all

COLUMNS = [
    "campaign", "buyer", "posted", "accepted", "sold", "rejected", "approvedCR", "returned", "returnedPercent",
    "revenue", "RPL", "RPS", "currency",
]  # fmt: skip
TODAY = "datePreset=today"


async def report(world: World, query: str = TODAY, version: str = "v1.2") -> Any:
    reply = await world.call("GET", f"/restapi/{version}/reports/buyer", query=query)
    assert reply.status == 200, reply.text
    return reply.json["data"]


async def sold(world: World, count: int, **changes: Any) -> None:
    for _ in range(count):
        await world.lead_id(**changes)
    await world.deliver()


async def test_a_row_to_the_letter(world: World) -> None:
    await sold(world, 2)
    expected = (
        '{"status":"Success","message":"OK","data":[{"campaign":{"id":"9","name":"Example Campaign",'
        '"reference":"EXAMPLE-CAMPAIGN"},"buyer":{"id":"4","name":"Example Buyer","bid":"33"},"posted":2,'
        '"accepted":2,"sold":2,"rejected":0,"approvedCR":100,"returned":0,"returnedPercent":0,"revenue":25,'
        '"RPL":12.5,"RPS":12.5,"currency":"GBP"}]}'
    )
    for _ in range(2):
        reply = await world.call("GET", f"/restapi/v1.2/reports/buyer?{TODAY}")
        assert reply.text == expected
        await fold_all(world.database)


async def test_the_latest_version_names_the_currency_at_length(world: World) -> None:
    await sold(world, 1)
    reply = await world.call("GET", f"/restapi/v1.3/reports/buyer?{TODAY}")
    assert list(reply.json) == ["status", "message", "data", "benchmark"]
    assert list(reply.json["data"][0]) == COLUMNS
    assert reply.json["data"][0]["currency"] == "Britain (United Kingdom), Pounds"


async def test_a_window_that_cuts_an_hour_counts_the_same(world: World) -> None:
    await sold(world, 2)
    received = [lead["received_at"] for lead in await world.rows("leads")]
    first, last = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (received[0], received[1]))
    assert await report(world, f"from={first}&to={last}") == await report(world)


async def test_suppliers_are_shown_when_asked_for(world: World) -> None:
    await sold(world, 1)
    await sold(world, 2, sid="3")
    rows = await report(world, f"{TODAY}&showSupplier=Yes")
    assert [(row["supplier"]["sid"], row["sold"]) for row in rows] == [("1", 1), ("3", 2)]
    assert list(rows[0])[:4] == ["campaign", "supplier", "buyer", "posted"]
    assert [row["sold"] for row in await report(world, f"{TODAY}&supplierId=3")] == [2]


async def test_buyers_and_campaigns_are_chosen(world: World) -> None:
    other = await setup.buyers.create(world.database, world.actor, {"company": "Second"})
    document = {"campaign_id": 12, "buyer_id": other.id, "reference": "second", "status": "Active"}
    await setup.deliveries.create(world.database, world.actor, document)
    await sold(world, 1)
    await sold(world, 1, campid="EXAMPLE-SYSTEM")
    rows = await report(world)
    assert [(row["campaign"]["id"], row["buyer"]["name"]) for row in rows] == [
        ("9", "Example Buyer"),
        ("12", "Second"),
    ]
    assert [row["campaign"]["id"] for row in await report(world, f"{TODAY}&buyerId={other.id}")] == ["12"]
    assert [row["buyer"]["bid"] for row in await report(world, f"{TODAY}&campaignId=9")] == ["33"]
    assert await report(world, f"{TODAY}&buyerId=77") == []
    assert await report(world, f"{TODAY}&leadTypeAPI=No") == []
    assert await report(world, f"{TODAY}&leadTypeImport=No") == rows


async def test_a_time_group_begins_its_rows_with_the_date(world: World) -> None:
    await sold(world, 1)
    rows = await report(world, f"{TODAY}&groupBy=Hour")
    assert list(rows[0])[:3] == ["date", "buyer", "posted"]
    rows = await report(world, f"{TODAY}&groupBy=Hour&showCampaign=Yes")
    assert list(rows[0])[:3] == ["date", "campaign", "buyer"]


async def test_revenue_that_was_changed_by_hand_shows_at_once(world: World) -> None:
    await sold(world, 1)
    lead_id = (await world.rows("leads"))[0]["id"]
    body = {"leads": [lead_id], "newRevenue": 20}
    await world.call("PUT", "/restapi/v1.3/leadfinancials", json=body)
    assert [(row["revenue"], row["RPS"]) for row in await report(world)] == [(20, 20)]
    at = (await world.rows("leads"))[0]["received_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [row["revenue"] for row in await report(world, f"from={at}&to={at}")] == [20]


async def test_without_an_answer_of_a_buyer_there_is_no_row(world: World) -> None:
    await world.lead_id()
    assert await report(world) == []
