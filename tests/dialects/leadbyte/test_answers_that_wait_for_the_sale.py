"""Live Buyer Responses and waitsubmit answer with the record of the sale."""

import asyncio
from urllib.parse import urlencode

import msgspec
import pytest
from tests.delivery.buyers import Call, buyer
from tests.dialects.leadbyte.world import ADMIN_KEY, PLAIN_KEY, SUPPLIER_KEY, World, new_lead

from leadyard.campaigns import service as setup
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract
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


async def test_a_campaign_says_how_long_an_answer_waits(world: World) -> None:
    await world.change_campaign(11, live_seconds=1, sold_url="https://shop.example.com/thanks")
    reply = await asyncio.wait_for(world.post("v1.3", campid="EXAMPLE-LIVE"), 15)
    assert reply.json["records"][0]["status"] == "Pending"
    assert "redirectUrl" not in reply.json


async def test_sold_and_unsold_leads_are_sent_to_the_campaigns_pages(world: World) -> None:
    await world.change_campaign(
        11, sold_url="https://shop.example.com/thanks", unsold_url="https://shop.example.com/sorry"
    )
    async with world.working():
        sold = await world.post("v1.3", campid="EXAMPLE-LIVE")
        waited = await world.call("POST", "/waitsubmit", json=new_lead(campid="EXAMPLE-LIVE"))
        await setup.deliveries.update(world.database, world.actor, 1052, {"status": "Inactive"})
        unsold = await world.post("v1.3", campid="EXAMPLE-LIVE")
    assert list(sold.json) == ["status", "code", "message", "records", "redirectUrl"]
    assert sold.json["redirectUrl"] == waited.json["redirectUrl"] == "https://shop.example.com/thanks"
    assert unsold.json["records"][0]["status"] == "Rejected"
    assert unsold.json["redirectUrl"] == "https://shop.example.com/sorry"


async def test_the_page_that_the_buyer_names_comes_first_also_for_keys_that_see_masked_fields_masked(
    world: World,
) -> None:
    async def takes(call: Call) -> None:
        await call.answer('{"status":"accepted","next":"https://buyer.example.com/go?to=1"}')

    await world.change_campaign(11, sold_url="https://shop.example.com/thanks")
    await setup.update_field(world.database, world.actor, 11, "email", {"masked": True})
    answers = AnswerRules(
        rules=(AnswerRule(kind="json_path", path="status", pattern="accepted", outcome="accept"),),
        redirect_url=Extract(kind="json_path", expression="next"),
    )
    async with buyer(takes) as shop, world.working():
        await setup.deliveries.update(
            world.database,
            world.actor,
            1052,
            {
                "settings": {
                    "kind": "Direct Post",
                    "http": {"url": shop.url, "body": "form", "fields": []},
                    "answers": msgspec.to_builtins(answers),
                }
            },
        )
        reply = await world.post("v1.3", key=SUPPLIER_KEY, campid="EXAMPLE-LIVE")
    assert reply.json["redirectUrl"] == "https://buyer.example.com/go?to=1"


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
