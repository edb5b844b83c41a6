"""Live Buyer Responses and waitsubmit answer with the record of the sale."""

import asyncio
from urllib.parse import urlencode

import pytest
from tests.dialects.leadbyte.world import ADMIN_KEY, PLAIN_KEY, World, new_lead

from leadyard.dialects.leadbyte import live

PATHS = ["/waitsubmit", "/restapi/v1.1/waitsubmit", "/restapi/v1.2/waitsubmit", "/restapi/v1.3/waitsubmit"]


async def test_a_live_campaign_answers_with_the_sale(world: World) -> None:
    async with world.working():
        reply = await world.post("v1.3", key=ADMIN_KEY, campid="EXAMPLE-LIVE")
    answer = reply.json
    assert list(answer) == ["status", "code", "message", "records"]
    assert (answer["status"], answer["code"], answer["message"]) == ("Success", 1, "OK")
    record = answer["records"][0]
    assert record["status"] == "Approved"
    assert record["response"]["payout"] == 3.5
    assert [buyer["bid"] for buyer in record["buyers"]] == ["33"]
    assert record == await world.record(record["queueId"], ADMIN_KEY)


@pytest.mark.parametrize("version", ["v1.1", "v1.2"])
async def test_older_versions_never_wait(world: World, version: str) -> None:
    assert "results" in (await world.post(version, campid="EXAMPLE-LIVE")).json


async def test_other_campaigns_do_not_wait(world: World) -> None:
    assert "results" in (await world.post("v1.3")).json


async def test_a_refused_lead_of_a_live_campaign_is_answered_as_ever(world: World) -> None:
    reply = await world.post("v1.3", campid="EXAMPLE-LIVE", email="x")
    assert (reply.json["code"], reply.json["errors"]) == (-5, ["Email is not a valid email address"])


async def test_a_quarantined_lead_of_a_live_campaign_does_not_wait(world: World) -> None:
    await world.change_campaign(11, quarantine=True)
    reply = await world.post("v1.3", campid="EXAMPLE-LIVE")
    assert reply.json["results"][0]["status"] == "Quarantined"


async def test_a_sale_that_takes_too_long_is_pending(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST_WAIT_SECONDS", 0.1)
    reply = await world.post("v1.3", campid="EXAMPLE-LIVE")
    assert reply.json["records"][0]["status"] == "Pending"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_waitsubmit_waits_in_every_campaign_and_version(world: World, path: str, method: str) -> None:
    lead = new_lead(campid=None)
    query = {"key": PLAIN_KEY, "campid": "EXAMPLE-CAMPAIGN"}
    request = (
        {"query": {**query, **lead}}
        if method == "GET"
        else {"query": query, "body": urlencode(lead).encode()}
    )
    async with world.working():
        reply = await world.send(method, path, **request)
    answer = reply.json
    assert answer["code"] == 1
    assert answer["records"][0]["response"]["code"] == 1
    assert answer["records"][0]["response"]["leadId"] > 0
    assert answer["records"][0]["status"] == "Approved"


async def test_waitsubmit_refuses_as_post_leads_does(world: World) -> None:
    reply = await world.call("POST", "/waitsubmit", json=new_lead(email="x"))
    assert (reply.status, reply.json["status"], reply.json["code"]) == (200, "Error", -5)


async def test_waitsubmit_answers_for_a_quarantined_lead(world: World) -> None:
    reply = await world.call("POST", "/waitsubmit", json=new_lead(campid="EXAMPLE-QUARANTINE"))
    assert (reply.json["code"], reply.json["results"][0]["status"]) == (1, "Quarantined")


async def test_waitsubmit_approves_a_test(world: World) -> None:
    reply = await world.call("POST", "/waitsubmit", json=new_lead(testmode="yes"))
    assert reply.json["records"][0]["status"] == "Approved"


async def test_many_wait_side_by_side(world: World) -> None:
    async with world.working():
        replies = await asyncio.gather(*(world.post("v1.3", campid="EXAMPLE-LIVE") for _ in range(20)))
    assert {reply.json["records"][0]["status"] for reply in replies} == {"Approved"}
