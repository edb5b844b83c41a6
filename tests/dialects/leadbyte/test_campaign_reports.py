"""GET /reports/campaign: every parameter, both sets of columns, and one report at a time."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, PLAIN_KEY, World
from tests.reports.rows import LeadRow, receive

from leadyard.leads.model import Channel
from leadyard.reports.locks import ReportLocks

BUSY = (
    '{"status":"Error","message":"Another report request is currently being processed, '
    'please wait and try again"}'
)
V12 = [
    "campaign", "leads", "valid", "invalid", "pending", "rejections", "approved", "returns", "supplierCost",
    "emailCost", "smsCost", "validationCost", "revenue", "profit", "currency",
]  # fmt: skip
V13 = [
    "campaign", "leads", "valid", "invalid", "pending", "rejections", "payable", "sold", "returns", "payout",
    "emailCost", "smsCost", "validationCost", "revenue", "profit", "currency",
]  # fmt: skip


async def report(world: World, query: str, version: str = "v1.2") -> Any:
    reply = await world.call("GET", f"/restapi/{version}/reports/campaign", query=query)
    assert reply.status == 200, reply.text
    return reply.json


async def received(world: World, *leads: LeadRow) -> None:
    async with world.database.unit_of_work() as connection:
        await receive(connection, leads)


@pytest.mark.parametrize("version", ["v1.1", "v1.2"])
async def test_older_versions_have_the_published_columns(world: World, version: str) -> None:
    await world.post()
    answer = await report(world, "datePreset=today", version)
    assert list(answer) == ["status", "message", "data"]
    assert list(answer["data"][0]) == V12
    assert answer["data"][0]["currency"] == "GBP"


async def test_the_latest_version_has_more_columns_and_a_benchmark(world: World) -> None:
    await world.post()
    answer = await report(world, "datePreset=today", "v1.3")
    assert list(answer) == ["status", "message", "data", "benchmark"]
    assert isinstance(answer["benchmark"], float | int)
    assert list(answer["data"][0]) == V13
    assert answer["data"][0]["currency"] == "Britain (United Kingdom), Pounds"


async def test_an_answered_lead_is_in_the_next_report(world: World) -> None:
    for expected in (1, 2, 3):
        await world.post()
        assert (await report(world, "datePreset=today"))["data"][0]["leads"] == expected


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["9", "12"]),
        ("&campaignId=all", ["9", "12"]),
        ("&campaignId=ALL", ["9", "12"]),
        ("&campaignId=9", ["9"]),
        ("&campaignId=9,12", ["9", "12"]),
        ("&campaignId=12,7777", ["12"]),
        ("&campaignId[]=12&campaignId[]=9", ["9", "12"]),
        ("&campaignId=7777", []),
        ("&campaignId=abc", []),
        ("&supplierId=1", ["9"]),
        ("&supplierId=3", ["12"]),
        ("&supplierId=77", []),
        ("&supplierId=abc", []),
        ("&leadTypeAPI=No", []),
        ("&leadTypeAPI=yes&leadTypeImport=no", ["9", "12"]),
    ],
)
async def test_what_is_reported_on(world: World, query: str, ids: list[str]) -> None:
    await world.post(sid="1")
    await world.post(sid="3", campid="EXAMPLE-SYSTEM")
    answer = await report(world, f"datePreset=today{query}")
    assert answer["status"] == "Success"
    assert [row["campaign"]["id"] for row in answer["data"]] == ids


@pytest.mark.parametrize(
    ("query", "leads"),
    [
        ("", 3),
        ("&leadTypeAPI=No", 1),
        ("&leadTypeImport=No", 2),
        ("&leadTypeImported=No", 2),
        ("&supplierId=1", 2),
        ("&supplierId=1&includeNonSupplierLeads=Yes", 3),
    ],
)
async def test_how_leads_came_in(world: World, query: str, leads: int) -> None:
    noon = datetime(2024, 5, 5, 12, 0, tzinfo=UTC)
    await received(
        world,
        LeadRow(id=9001, received_at=noon),
        LeadRow(id=9002, received_at=noon, channel=Channel.IMPORT),
        LeadRow(id=9003, received_at=noon, supplier_id=None),
    )
    answer = await report(world, f"from=2024-05-05&to=2024-05-05{query}")
    assert answer["data"][0]["leads"] == leads


@pytest.mark.parametrize(
    ("group", "labels"),
    [
        ("Day", ["2024-03-30", "2024-03-31"]),
        ("day", ["2024-03-30", "2024-03-31"]),
        ("WEEK", ["2024-03-25"]),
        ("Month", ["2024-03"]),
        ("Hour", ["2024-03-30 23:00", "2024-03-31 02:00"]),
    ],
)
async def test_groups_of_time_are_in_account_time(world: World, group: str, labels: list[str]) -> None:
    await received(
        world,
        LeadRow(id=9001, received_at=datetime(2024, 3, 30, 23, 30, tzinfo=UTC)),
        LeadRow(id=9002, received_at=datetime(2024, 3, 31, 1, 30, tzinfo=UTC), campaign_id=12),
    )
    answer = await report(world, f"from=2024-03-01&to=2024-04-30&groupBy={group}")
    assert [row["date"] for row in answer["data"]] == labels
    assert all(list(row)[:2] == ["date", "leads"] for row in answer["data"])
    shown = await report(world, f"from=2024-03-01&to=2024-04-30&groupBy={group}&showCampaign=Yes")
    assert all(list(row)[:3] == ["date", "campaign", "leads"] for row in shown["data"])
    assert [row["campaign"]["id"] for row in shown["data"]] == ["9", "12"]


@pytest.mark.parametrize(
    ("window", "leads"),
    [
        ("from=2024-05-05T12:00:00Z&to=2024-05-05T12:00:00Z", 1),
        ("from=2024-05-05T13:00:00&to=2024-05-05T13:00:00", 1),
        ("from=2024-05-05T14:00:00%2B02:00&to=2024-05-05T14:00:00%2B02:00", 1),
        ("from=2024-05-05T12:00:00.5Z&to=2024-05-06T00:00:00Z", 0),
        ("from=2024-05-05&to=2024-05-05", 1),
        ("from=2024-05-06&to=2024-05-06", 0),
        ("from=2024-05-05", 1),
        ("from=2024-05-06&to=2024-05-07&datePreset=last_30d", 0),
    ],
)
async def test_windows(world: World, window: str, leads: int) -> None:
    await received(world, LeadRow(id=9001, received_at=datetime(2024, 5, 5, 12, 0, tzinfo=UTC)))
    data = (await report(world, window))["data"]
    assert sum(row["leads"] for row in data) == leads


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "from"),
        ("to=2024-05-05", "from"),
        ("from=2024-05-05&to=2024-05-04", "to"),
        ("from=2024-02-30", "from"),
        ("from=2024-05-05&to=tomorrow", "to"),
        ("from=99999-01-01", "from"),
        ("from=0000-00-00T00:00:00Z", "from"),
        ("datePreset=someday", "datePreset"),
        ("datePreset=today&groupBy=Decade", "groupBy"),
        ("datePreset[a]=today", "datePreset"),
        ("datePreset=today&campaignId[a][b]=1", "campaignId"),
        ("from=0001-01-01T00:00:00%2B23:59&to=9999-12-31T23:59:59-23:59", "from"),
    ],
)
async def test_a_window_that_cannot_be_read_names_its_parameter(
    world: World, query: str, parameter: str
) -> None:
    reply = await world.call("GET", "/restapi/v1.2/reports/campaign", query=query)
    assert reply.status == 400
    assert parameter in reply.json["message"]


async def test_a_very_long_window_is_fine(world: World) -> None:
    await world.post()
    answer = await report(world, "from=0002-01-01&to=9998-12-31&groupBy=Hour")
    assert len(answer["data"]) == 1


async def test_nothing_in_the_window_is_a_success(world: World) -> None:
    assert await report(world, "datePreset=yesterday") == {"status": "Success", "message": "OK", "data": []}


async def test_one_report_at_a_time(world: World) -> None:
    await world.post()
    locks = ReportLocks(world.database)
    async with locks.hold(1, "campaign"):
        for version in ("v1.2", "v1.3"):
            reply = await world.call("GET", f"/restapi/{version}/reports/campaign", query="datePreset=today")
            assert (reply.status, reply.text) == (200, BUSY)
        foreign = await world.call(
            "GET", "/restapi/v1.2/reports/campaign", query="datePreset=today", headers={"X_KEY": OTHER_KEY}
        )
        assert foreign.json["data"] == []
    assert (await report(world, "datePreset=today"))["data"]


async def test_an_unreadable_report_leaves_no_lock(world: World) -> None:
    await world.call("GET", "/restapi/v1.2/reports/campaign", query="datePreset=x")
    assert (await report(world, "datePreset=today"))["status"] == "Success"


async def test_reports_that_come_together_wait_a_little(world: World) -> None:
    answers = await asyncio.gather(*(report(world, "datePreset=today") for _ in range(5)))
    assert {answer["status"] for answer in answers} == {"Success"}


async def test_amounts_are_in_their_shortest_form(world: World) -> None:
    await received(
        world,
        LeadRow(
            id=9001,
            received_at=datetime(2024, 5, 5, 12, 0, tzinfo=UTC),
            payout=37_500_000,
            revenue=250_000_000,
            sms_cost=26_000,
            validation_cost=25_500,
        ),
    )
    reply = await world.call("GET", "/restapi/v1.2/reports/campaign", query="from=2024-05-05&to=2024-05-05")
    assert reply.text.endswith(
        '"supplierCost":37.5,"emailCost":0,"smsCost":0.026,"validationCost":0.0255,"revenue":250,'
        '"profit":212.4485,"currency":"GBP"}]}'
    )
    debug = await world.call(
        "GET", "/restapi/v1.2/reports/campaign", query="from=2024-05-05&to=2024-05-05&debug=YES"
    )
    assert msgspec.json.format(debug.body, indent=-1) == reply.body
    assert debug.body.count(b"\n") > 10


async def test_another_accounts_figures_stay_there(world: World) -> None:
    await world.post(key=PLAIN_KEY)
    for query in ("datePreset=today", "datePreset=today&campaignId=9"):
        reply = await world.call(
            "GET", "/restapi/v1.2/reports/campaign", query=query, headers={"X_KEY": OTHER_KEY}
        )
        assert reply.json["data"] == []
