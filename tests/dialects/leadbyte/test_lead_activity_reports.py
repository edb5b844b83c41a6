"""GET /reports/leadactivity: counts by day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.dialects.leadbyte.world import World
from tests.reports.rows import LeadRow, receive

from leadyard.leads.model import Standing

NOON = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
MARCH = "from=2026-03-01&to=2026-03-31"


async def report(world: World, query: str, version: str = "v1.2") -> Any:
    reply = await world.call("GET", f"/restapi/{version}/reports/leadactivity", query=query)
    assert reply.status == 200, reply.text
    return reply.json["data"]


@pytest.fixture(autouse=True)
async def leads(world: World) -> None:
    rows = [
        LeadRow(id=1, received_at=NOON),
        LeadRow(id=2, received_at=NOON, standing=Standing.REJECTED),
        LeadRow(id=3, received_at=NOON, standing=Standing.INVALID),
        LeadRow(id=4, received_at=NOON + timedelta(days=1), standing=Standing.RETURNED),
        LeadRow(id=5, received_at=NOON + timedelta(days=1), campaign_id=12),
    ]
    async with world.database.unit_of_work() as connection:
        await receive(connection, rows)


async def test_leads_are_counted_by_campaign_and_day(world: World) -> None:
    reply = await world.call("GET", f"/restapi/v1.3/reports/leadactivity?{MARCH}&campaignId=9")
    assert reply.json["data"] == [
        {"campaign": {"id": "9", "name": "Example Campaign", "reference": "EXAMPLE-CAMPAIGN"}, "date": "2026-03-10", "count": 3},
        {"campaign": {"id": "9", "name": "Example Campaign", "reference": "EXAMPLE-CAMPAIGN"}, "date": "2026-03-11", "count": 1},
    ]  # fmt: skip
    assert list(reply.json["data"][0]) == ["campaign", "date", "count"]
    assert list(reply.json) == ["status", "message", "data", "benchmark"]


@pytest.mark.parametrize(
    ("shown", "counts"),
    [
        ("leads", [3, 1]),
        ("valid", [2, 1]),
        ("Invalid", [1, 0]),
        ("rejected", [1, 0]),
        ("approved", [1, 1]),
        ("returns", [0, 1]),
    ],
)
async def test_one_count_is_named_count(world: World, shown: str, counts: list[int]) -> None:
    rows = await report(world, f"{MARCH}&campaignId=9&showData={shown}")
    assert [row["count"] for row in rows] == counts


async def test_several_counts_have_a_member_each(world: World) -> None:
    rows = await report(world, f"{MARCH}&campaignId=9&showData=approved,leads")
    assert [list(row) for row in rows] == [["campaign", "date", "approved", "leads"]] * 2
    assert [(row["approved"], row["leads"]) for row in rows] == [(1, 3), (1, 1)]


async def test_campaigns_can_be_added_up_and_days_left_out(world: World) -> None:
    rows = await report(world, f"{MARCH}&showCampaign=No")
    assert rows == [{"date": "2026-03-10", "count": 3}, {"date": "2026-03-11", "count": 2}]
    rows = await report(world, f"{MARCH}&groupBy=Campaign")
    assert [(row["campaign"]["id"], row["count"], "date" in row) for row in rows] == [
        ("9", 4, False),
        ("12", 1, False),
    ]
    assert [row["date"] for row in await report(world, f"{MARCH}&groupBy=Month&campaignId=9")] == ["2026-03"]


async def test_an_unknown_count_is_a_bad_parameter(world: World) -> None:
    reply = await world.call("GET", f"/restapi/v1.3/reports/leadactivity?{MARCH}&showData=colour")
    assert reply.status == 400
    assert reply.json["message"].startswith("showData is not one of")
