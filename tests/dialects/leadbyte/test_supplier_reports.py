"""GET /reports/supplier: its columns in order, its rates, its splits and what was corrected later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.dialects.leadbyte.world import World
from tests.reports.rows import LeadRow, receive

from leadyard.leads.model import Channel, Standing
from leadyard.ledger.model import financials_changed
from leadyard.ledger.service import Ledger

COLUMNS = [
    "campaign", "supplier", "leads", "valid", "invalid", "validCR", "pending", "rejected", "payable", "sold",
    "returns", "payableCR", "payout", "emailCost", "smsCost", "validationCost", "revenue", "profit", "eCPL", "eRPL",
    "payoutAdjusted", "revenueAdjusted", "profitAdjusted", "eCPLAdjusted", "eRPLAdjusted", "currency",
]  # fmt: skip
NOON = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
MARCH = "from=2026-03-01&to=2026-03-31"


async def report(world: World, query: str, version: str = "v1.2") -> Any:
    reply = await world.call("GET", f"/restapi/{version}/reports/supplier", query=query)
    assert reply.status == 200, reply.text
    return reply.json


async def received(world: World, *leads: LeadRow) -> None:
    async with world.database.unit_of_work() as connection:
        await receive(connection, leads)


def lead(number: int, **changes: Any) -> LeadRow:
    usual = {"payout": 3_500_000, "revenue": 12_500_000} if "standing" not in changes else {}
    return LeadRow(id=number, **{"received_at": NOON, **usual, **changes})


async def some_leads(world: World) -> None:
    """Supplier 1: three valid of four, two sold, one of them returned."""
    await received(
        world,
        lead(1),
        lead(2, standing=Standing.RETURNED, email_cost=1_000),
        lead(3, standing=Standing.REJECTED),
        lead(4, standing=Standing.INVALID),
    )


async def test_the_columns_are_in_the_published_order(world: World) -> None:
    await some_leads(world)
    for version in ("v1.1", "v1.2", "v1.3"):
        answer = await report(world, MARCH, version)
        assert list(answer) == ["status", "message", "data"] + (["benchmark"] if version == "v1.3" else [])
        assert list(answer["data"][0]) == COLUMNS
    assert answer["data"][0]["currency"] == "Britain (United Kingdom), Pounds"


async def test_the_figures_and_rates_of_a_supplier(world: World) -> None:
    await some_leads(world)
    reply = await world.call("GET", f"/restapi/v1.2/reports/supplier?{MARCH}")
    assert reply.text == (
        '{"status":"Success","message":"OK","data":[{"campaign":{"id":"9","name":"Example Campaign",'
        '"reference":"EXAMPLE-CAMPAIGN"},"supplier":{"id":"1","name":"Supplier 1","sid":"1"},"leads":4,"valid":3,'
        '"invalid":1,"validCR":75,"pending":0,"rejected":1,"payable":1,"sold":2,"returns":1,"payableCR":33.33,'
        '"payout":3.5,"emailCost":0.001,"smsCost":0,"validationCost":0,"revenue":12.5,"profit":8.999,'
        '"eCPL":1.1667,"eRPL":4.1667,"payoutAdjusted":3.5,"revenueAdjusted":12.5,"profitAdjusted":8.999,'
        '"eCPLAdjusted":1.1667,"eRPLAdjusted":4.1667,"currency":"GBP"}]}'
    )


async def test_rates_without_leads_to_divide_by_are_0(world: World) -> None:
    await received(world, lead(1, standing=Standing.INVALID))
    row = (await report(world, MARCH))["data"][0]
    assert (row["validCR"], row["payableCR"], row["eCPL"], row["eRPL"]) == (0, 0, 0, 0)


async def test_each_supplier_of_each_campaign_has_a_row(world: World) -> None:
    await received(world, lead(1), lead(2, supplier_id=3), lead(3, supplier_id=3, campaign_id=12))
    rows = (await report(world, MARCH))["data"]
    assert [(row["campaign"]["id"], row["supplier"]["sid"]) for row in rows] == [
        ("9", "1"),
        ("9", "3"),
        ("12", "3"),
    ]
    only = (await report(world, f"{MARCH}&supplierId=3&campaignId=12"))["data"]
    assert [(row["campaign"]["id"], row["supplier"]["id"]) for row in only] == [("12", "3")]


async def test_leads_that_nobody_sent_are_shown_only_when_asked_for(world: World) -> None:
    await received(world, lead(1), lead(2, supplier_id=None))
    assert [row["supplier"]["id"] for row in (await report(world, MARCH))["data"]] == ["1"]
    rows = (await report(world, f"{MARCH}&includeNonSupplierLeads=Yes"))["data"]
    assert ["supplier" in row for row in rows] == [False, True]
    assert [name for name in rows[0] if name != "supplier"] == [c for c in COLUMNS if c != "supplier"]
    rows = (await report(world, f"{MARCH}&includeNonSupplierLeads=Yes&supplierId=3"))["data"]
    assert ["supplier" in row for row in rows] == [False]


async def test_suppliers_can_be_left_out(world: World) -> None:
    await received(world, lead(1), lead(2, supplier_id=3), lead(3, supplier_id=None))
    rows = (await report(world, f"{MARCH}&showSupplier=No"))["data"]
    assert [list(row) for row in rows] == [[c for c in COLUMNS if c != "supplier"]]
    assert rows[0]["leads"] == 2


async def test_sub_suppliers_stand_after_their_supplier(world: World) -> None:
    await world.accepted(ssid="north")
    await world.accepted(ssid="south")
    await world.accepted(ssid="south")
    await world.accepted()
    rows = (await report(world, "datePreset=today&showSSID=Yes"))["data"]
    assert [(row["ssid"], row["leads"]) for row in rows] == [("", 1), ("north", 1), ("south", 2)]
    assert list(rows[0])[:4] == ["campaign", "supplier", "ssid", "leads"]


async def test_a_time_group_begins_its_rows_with_the_date(world: World) -> None:
    await received(world, lead(1), lead(2, received_at=NOON + timedelta(days=1)), lead(3, campaign_id=12))
    rows = (await report(world, f"{MARCH}&groupBy=day"))["data"]
    assert [(row["date"], row["leads"]) for row in rows] == [("2026-03-10", 2), ("2026-03-11", 1)]
    assert list(rows[0])[:3] == ["date", "supplier", "leads"]
    rows = (await report(world, f"{MARCH}&groupBy=Day&showCampaign=Yes"))["data"]
    assert list(rows[0])[:4] == ["date", "campaign", "supplier", "leads"]
    assert len(rows) == 3


async def test_kinds_of_leads_are_chosen(world: World) -> None:
    await received(world, lead(1), lead(2, channel=Channel.IMPORT))
    for query, leads in (
        ("leadTypeAPI=No", [1]),
        ("leadTypeImported=No", [1]),
        ("leadTypeAPI=No&leadTypeImport=No", []),
    ):
        assert [row["leads"] for row in (await report(world, f"{MARCH}&{query}"))["data"]] == leads


async def test_the_adjusted_columns_hold_what_was_booked_later_for_earlier_leads(world: World) -> None:
    early, late = NOON - timedelta(days=20), NOON
    await received(world, lead(1, received_at=early), lead(2))
    ledger = Ledger(world.database)
    entries = [
        financials_changed(
            1, at, lead_id, buyer_id=4, supplier_id=1, old_payout=3_500_000, new_payout=1_500_000,
            old_revenue=12_500_000, new_revenue=10_000_000, currency="GBP", memo="",
        )
        for at, lead_id in ((late, 1), (late, 2), (early, 1))
    ]  # fmt: skip
    reserved = await ledger.reserve([entry for entry in entries if entry is not None])
    async with world.database.unit_of_work() as connection:
        await ledger.post(connection, reserved)
    for query in (MARCH, f"{MARCH}&groupBy=Month", f"{MARCH}&showSSID=Yes", f"{MARCH}&showSupplier=No"):
        row = (await report(world, query))["data"][0]
        assert (row["payout"], row["revenue"], row["profit"]) == (3.5, 12.5, 9)
        assert (row["payoutAdjusted"], row["revenueAdjusted"], row["profitAdjusted"]) == (1.5, 10, 8.5)
        assert (row["eCPLAdjusted"], row["eRPLAdjusted"]) == (1.5, 10)
    assert (await report(world, f"{MARCH}&supplierId=3"))["data"] == []


async def test_a_buyers_leads_are_counted_alone(world: World) -> None:
    await world.lead_id()
    await world.lead_id(phone1="")
    await world.deliver()
    await world.lead_id()
    everything = (await report(world, "datePreset=today"))["data"][0]
    of_buyer = (await report(world, "datePreset=today&buyerId=4"))["data"][0]
    assert (everything["leads"], of_buyer["leads"], of_buyer["sold"]) == (3, 2, 2)
    assert (await report(world, "datePreset=today&buyerId=5"))["data"] == []
    assert (await report(world, "datePreset=today&responderId=5"))["data"] == []
