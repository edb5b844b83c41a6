"""A supplier asks what a lead would bring, and posts it to the bid it was told of (docs/leadbyte.md)."""

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.delivery.buyers import Buyer, Call, buyer
from tests.dialects.leadbyte.world import SUPPLIER_KEY, World, new_lead

from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import PingTarget
from leadyard.campaigns.inputs import BuyerInput, DeliveryInput
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps, DeliveryKind, DeliverySettings, DeliveryStatus
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, FieldMapping, HttpTarget
from leadyard.leads.model import AttemptState

BIDDING = AnswerRules(
    rules=(AnswerRule(kind="json_path", path="bid", pattern="*", outcome="accept"),),
    revenue=Extract(kind="json_path", expression="bid"),
    reference=Extract(kind="json_path", expression="id"),
)
ACCEPTING = AnswerRules(rules=(AnswerRule(kind="keyword", pattern="accepted", outcome="accept"),))
NO_BID = {"status": "No bid", "bid": 0, "currency": "GBP"}


async def bidder(world: World, shop: Buyer, company: str = "Bidder", **settings: Any) -> int:
    """A delivery of campaign 9 that pings and posts to a buyer of its own."""
    root = shop.url.removesuffix("/leads")
    made = await setup.buyers.create(world.database, world.actor, BuyerInput(company=company))
    ping = HttpTarget(url=f"{root}/ping", body="json", fields=(FieldMapping("car", "{{ data13 }}"),))
    fields = tuple(FieldMapping(name, f"{{{{ {name} }}}}") for name in ("email", "ping.reference"))
    post = HttpTarget(url=f"{root}/post", body="json", fields=fields, timeout_seconds=3)
    usual = {
        "kind": DeliveryKind.PING_POST,
        "http": post,
        "answers": ACCEPTING,
        "ping": PingTarget(ping, BIDDING, most_milliseconds=1000),
    }
    document = DeliveryInput(
        campaign_id=9,
        buyer_id=made.id,
        reference=company,
        status=DeliveryStatus.ACTIVE,
        settings=DeliverySettings(**{**usual, **settings}),
    )
    return (await setup.deliveries.create(world.database, world.actor, document)).id


async def auction(world: World, **terms: Any) -> None:
    """Have campaign 9 sell by auction, with the make of the car in its pings."""
    await world.change_campaign(9, distribution="Auction", auction=terms)
    await setup.update_field(world.database, world.actor, 9, "data13", {"ping": True})
    patch = {"status": "Inactive"}
    await setup.deliveries.update(world.database, world.actor, 1050, patch)


def bids(amount: str) -> Any:
    async def answer(call: Call) -> None:
        is_ping = call.head.split()[1] == "/ping"
        await call.answer(f'{{"bid":"{amount}","id":"ref-{amount}"}}' if is_ping else "accepted")

    return answer


async def ping(world: World, key: str = SUPPLIER_KEY, **members: Any) -> Any:
    body = members or {"lead": {"campid": "EXAMPLE-CAMPAIGN", "sid": "1", "data13": "Mini"}}
    reply = await world.send("POST", "/restapi/v1.3/leads/ping", json={"key": key, **body})
    assert reply.status == 200, reply.text
    return reply.json


async def check(world: World, **members: Any) -> Any:
    body = members or {"lead": new_lead()}
    reply = await world.call("POST", "/restapi/v1.2/leads/deliverychecker", json=body)
    assert reply.status == 200, reply.text
    return reply.json


async def test_the_highest_bid_less_margin_is_told_and_no_lead_is_stored(world: World) -> None:
    await auction(world, margin_percent="20")
    async with buyer(bids("10")) as low, buyer(bids("15.5")) as high:
        await bidder(world, low)
        await bidder(world, high)
        answer = await ping(world)
    (result,) = answer["results"]
    assert (answer["status"], answer["code"], answer["message"]) == ("Success", 1, "OK")
    assert {**result, "pingId": ""} == {"pingId": "", "status": "Bid", "bid": 12.4, "currency": "GBP"}
    assert msgspec.json.decode(low.calls[0].body) == {"car": "Mini"}
    assert await world.rows("leads") == []


async def test_the_lead_that_follows_goes_to_the_bid_without_another_ping(world: World) -> None:
    await auction(world)
    async with buyer(bids("10")) as low, buyer(bids("15.5")) as high:
        await bidder(world, low)
        winner = await bidder(world, high)
        ping_id = (await ping(world))["results"][0]["pingId"]
        queue_id = await world.accepted(pingId=ping_id)
        await world.deliver()
        record = await world.record(queue_id)
    assert (record["status"], record["response"]["payout"]) == ("Approved", 3.5)
    (attempt,) = await world.rows("delivery_attempts")
    assert (attempt["delivery_id"], attempt["revenue"]) == (winner, 15_500_000)
    assert [len(low.calls), len(high.calls)] == [1, 2]
    assert msgspec.json.decode(high.calls[1].body)["ping"]["reference"] == "ref-15.5"


async def test_a_bid_that_its_buyer_cannot_pay_is_not_told(world: World) -> None:
    await auction(world)
    limits = Caps(revenue=AmountCaps(total=Decimal(15)))
    async with buyer(bids("10")) as low, buyer(bids("15.5")) as high:
        await bidder(world, low)
        await bidder(world, high, caps=limits)
        (result,) = (await ping(world))["results"]
    assert (result["status"], result["bid"]) == ("Bid", 10)


async def test_a_ping_serves_one_lead_and_only_the_one_that_was_described(world: World) -> None:
    await auction(world)
    async with buyer(bids("10")) as shop:
        await bidder(world, shop)
        first = (await ping(world))["results"][0]["pingId"]
        for changes in ({}, {}, {"data13": "Fiat"}):
            await world.accepted(pingId=first, **changes)
            await world.deliver()
    pings = [call for call in shop.calls if call.head.split()[1] == "/ping"]
    assert len(pings) == 3
    assert len(await world.rows("delivery_attempts")) == 3


async def test_nobody_elses_ping_and_no_nonsense_is_used(world: World) -> None:
    await auction(world)
    async with buyer(bids("10")) as shop:
        await bidder(world, shop)
        theirs = (await ping(world))["results"][0]["pingId"]
        for ping_id in (theirs, "nonsense", "", None, {"a": 1}, 5):
            await world.accepted(sid="3", pingId=ping_id)
        await world.deliver()
    pings = [call for call in shop.calls if call.head.split()[1] == "/ping"]
    assert len(pings) == 7
    attempts = await world.rows("delivery_attempts")
    assert {AttemptState(row["state"]) for row in attempts} == {AttemptState.SOLD}


async def assert_no_bid(world: World) -> None:
    [result] = (await ping(world))["results"]
    assert uuid.UUID(result.pop("pingId"))
    assert result == NO_BID


async def test_without_an_auction_the_best_fixed_price_is_bid_and_the_lead_is_sold_at_it(
    world: World,
) -> None:
    await setup.deliveries.update(world.database, world.actor, 1050, {"settings": {"revenue": "12.5"}})
    (result,) = (await ping(world))["results"]
    ping_id = result.pop("pingId")
    assert result == {"status": "Bid", "bid": 12.5, "currency": "GBP"}
    record = await world.record(await world.accepted(pingId=ping_id))
    await world.deliver()
    lead = await world.call("GET", f"/restapi/v1.3/leads/{record['response']['leadId']}")
    assert (lead.json["saleStatus"], lead.json["revenue"]) == ("Sold", 12.5)
    await world.change_campaign(9, auction={"margin_percent": "20"})
    assert (await ping(world))["results"][0]["bid"] == 10


async def test_a_price_that_only_the_answer_tells_is_no_bid(world: World) -> None:
    told = msgspec.to_builtins(AnswerRules(revenue=Extract(kind="json_path", expression="price")))
    patch = {"settings": {"kind": "Direct Post", "http": {"url": "https://b.example"}, "answers": told}}
    await setup.deliveries.update(world.database, world.actor, 1050, patch)
    await assert_no_bid(world)


async def test_without_a_buyer_that_bids_there_is_no_bid(world: World) -> None:
    await auction(world)
    await assert_no_bid(world)

    async def declines(call: Call) -> None:
        await call.answer("{}")

    async with buyer(declines) as shop:
        await bidder(world, shop)
        await assert_no_bid(world)


async def test_a_lead_that_the_campaign_would_refuse_gets_no_bid_and_is_told_why(world: World) -> None:
    answer = await ping(
        world,
        leads=[
            {"campid": "NOBODYS", "sid": "1"},
            {"campid": "EXAMPLE-CAMPAIGN", "sid": "1", "email": "nonsense"},
        ],
    )
    assert answer["results"] == [
        {"pingId": "", **NO_BID, "errors": ["Campaign not found"]},
        {"pingId": "", **NO_BID, "errors": ["Email is not a valid email address"]},
    ]


async def test_the_callback_gets_the_same_answer(world: World) -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def takes(call: Call) -> None:
        await got.put(call.body)
        await call.answer("ok")

    async with buyer(takes) as hook:
        lead = {"campid": "EXAMPLE-CAMPAIGN", "sid": "1"}
        answer = await ping(world, lead=lead, callback_url=hook.url)
        async with asyncio.timeout(10):
            assert msgspec.json.decode(await got.get()) == answer


@pytest.mark.parametrize(
    "body",
    [
        {"lead": []},
        {"leads": []},
        {"leads": ["x"]},
        {"leads": [{}] * 101},
        {"lead": {}, "callback_url": "ftp://example.com"},
        {"lead": {}, "callback_url": {"a": 1}},
    ],
)
async def test_a_badly_shaped_ping_is_refused(world: World, body: Any) -> None:
    reply = await world.call("POST", "/restapi/v1.3/leads/ping", json=body)
    assert (reply.status, reply.json["status"]) == (400, "Error")


async def test_each_delivery_says_whether_it_would_get_the_lead_and_why_not(world: World) -> None:
    await setup.deliveries.update(world.database, world.actor, 1050, {"settings": {"revenue": "12.5"}})
    answer = await check(world)
    assert answer == {
        "status": "Success",
        "message": "",
        "results": [
            {
                "matches": 1,
                "deliveries": [
                    {
                        "id": "1050", "reference": "Delivery 1050", "eligible": True, "reason": "",
                        "buyer": {"id": "4", "name": "Example Buyer", "bid": "33"}, "revenue": 12.5,
                    },
                    {
                        "id": "1053", "reference": "Delivery 1053", "eligible": False,
                        "reason": "triggered by hand",
                        "buyer": {"id": "4", "name": "Example Buyer", "bid": "33"}, "revenue": 12.5,
                    },
                ],
            }
        ],
    }  # fmt: skip
    assert await world.rows("leads") == await world.rows("delivery_jobs") == []


async def test_a_full_cap_and_a_bar_are_reasons(world: World) -> None:
    caps = {"settings": {"caps": msgspec.to_builtins(Caps(total=1))}}
    await setup.deliveries.update(world.database, world.actor, 1050, caps)
    await world.accepted()
    await world.deliver()
    (result,) = (await check(world))["results"]
    assert (result["matches"], result["deliveries"][0]["reason"]) == (0, "cap")
    await world.change_campaign(9, distribution={"method": "Priority", "members": []})
    (result,) = (await check(world))["results"]
    assert result["deliveries"][0]["reason"] == "not in advanced distribution"


async def test_margins_are_reasons_and_extra_fields_are_told(world: World) -> None:
    await world.change_campaign(9, margin={"minimum": str(Decimal(10))})
    (result,) = (await check(world, lead=new_lead(data13="Mini"), extrafields=["data13", "c1"]))["results"]
    assert result["deliveries"][0]["reason"] == "margin"
    assert (result["data13"], result["c1"]) == ("Mini", "")


async def test_a_lead_for_no_campaign_matches_nothing(world: World) -> None:
    (result,) = (await check(world, lead=new_lead(campid="NOBODYS")))["results"]
    assert result == {"matches": 0, "deliveries": [], "errors": ["Campaign not found"]}
