"""Auctions with real buyers on loopback: pings at once, bad buyers that cost no one else anything, the post."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.delivery.buyers import Buyer, Call, buyer
from tests.desk import Desk, new_desk
from tests.routing.rules.settings import when

from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import AuctionTerms, Method, PingTarget
from leadyard.campaigns.inputs import CampaignRecord, DeliveryRecord
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps, DeliveryKind
from leadyard.delivery.learning import answers_of
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, FieldMapping, HttpTarget
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit
from leadyard.routing.rules import Rule
from leadyard.storage.database import Database

BIDDING = AnswerRules(
    rules=(AnswerRule(kind="json_path", path="bid", pattern="*", outcome="accept"),),
    revenue=Extract(kind="json_path", expression="bid"),
    reference=Extract(kind="json_path", expression="id"),
    reason=Extract(kind="json_path", expression="reason"),
)
Script = Callable[[Call], Awaitable[None]]


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


def bids(amount: str, post: str = '{"status":"accepted"}') -> Script:
    """A buyer that answers pings with a bid and posts with a fixed answer."""

    async def answer(call: Call) -> None:
        is_ping = call.head.split()[1] == "/ping"
        await call.answer(f'{{"bid":"{amount}","id":"ref-{amount}"}}' if is_ping else post)

    return answer


async def declines(call: Call) -> None:
    await call.answer('{"reason":"not in our area"}')


async def auction_campaign(desk: Desk, **terms: Any) -> CampaignRecord:
    settings = AuctionTerms(**{"budget_milliseconds": 1500, **terms})
    campaign = await desk.campaign(distribution=Method.AUCTION, auction=settings)
    await setup.update_field(desk.database, desk.actor, campaign.id, "postcode", {"ping": True})
    return campaign


async def bidder(
    desk: Desk, campaign_id: int, shop: Buyer, buyer_id: int | None = None, **settings: Any
) -> DeliveryRecord:
    """A delivery that pings a buyer for the postcode and posts the whole lead with the ping's reference."""
    root = shop.url.removesuffix("/leads")
    ping = HttpTarget(
        url=f"{root}/ping",
        body="json",
        fields=(FieldMapping("postcode", "{{ postcode }}"), FieldMapping("email", "{{ email }}")),
    )
    post = HttpTarget(
        url=f"{root}/post",
        body="json",
        fields=(
            FieldMapping("email", "{{ email }}"),
            FieldMapping("ref", "{{ ping.reference }}"),
            FieldMapping("price", "{{ ping.bid }}"),
        ),
        timeout_seconds=3,
    )
    usual = {
        "kind": DeliveryKind.PING_POST,
        "http": post,
        "ping": PingTarget(ping, BIDDING, most_milliseconds=1000),
    }
    return await desk.delivery(campaign_id, buyer_id or await desk.buyer(), **{**usual, **settings})


async def sell(desk: Desk, *numbers: int) -> list[int]:
    return await desk.sold(*numbers, values={"postcode": "SW1A 1AA"})


def bodies(shop: Buyer, path: str) -> list[dict[str, str]]:
    return [msgspec.json.decode(call.body) for call in shop.calls if call.head.split()[1] == path]


async def states(desk: Desk) -> list[tuple[int, AttemptState]]:
    return [(r["delivery_id"], AttemptState(r["state"])) for r in await desk.rows("delivery_attempts")]


async def test_the_best_bid_gets_the_whole_lead_and_pays_what_it_bid(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("7.25")) as low, buyer(bids("9.5")) as high, buyer(declines) as none:
        for shop in (low, high, none):
            await bidder(desk, campaign.id, shop)
        (lead_id,) = await sell(desk, 1)
    row = await desk.lead(lead_id)
    assert (row["sale_status"], row["revenue"], row["payout"]) == (SaleStatus.SOLD, 9_500_000, 3_500_000)
    assert bodies(high, "/post") == [{"email": "person.1@example.com", "ref": "ref-9.5", "price": "9.5"}]
    assert bodies(low, "/post") == bodies(none, "/post") == []
    assert await desk.differences() == []


async def test_a_ping_carries_only_fields_that_are_marked_for_it(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("7")) as shop:
        await bidder(desk, campaign.id, shop)
        await sell(desk, 1)
    assert bodies(shop, "/ping") == [{"postcode": "SW1A 1AA", "email": ""}]


async def test_a_refused_post_goes_to_the_next_bid_without_another_ping(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("7")) as low, buyer(bids("9", '{"status":"no"}')) as high:
        second = await bidder(desk, campaign.id, low)
        first = await bidder(desk, campaign.id, high)
        await sell(desk, 1)
    assert await states(desk) == [(first.id, AttemptState.REJECTED), (second.id, AttemptState.SOLD)]
    assert len(bodies(low, "/ping")) == len(bodies(high, "/ping")) == 1


async def test_a_post_without_an_answer_holds_the_lead(desk: Desk) -> None:
    async def hangs_on_post(call: Call) -> None:
        if call.head.split()[1] == "/post":
            await asyncio.sleep(30)
        await call.answer('{"bid":9}')

    campaign = await auction_campaign(desk)
    async with buyer(bids("7")) as low, buyer(hangs_on_post) as high:
        await bidder(desk, campaign.id, low)
        silent = await bidder(desk, campaign.id, high)
        await sell(desk, 1)
    assert await states(desk) == [(silent.id, AttemptState.UNKNOWN)]
    assert bodies(low, "/post") == []


async def test_buyers_that_hang_trickle_or_send_far_too_much_cost_no_one_else_anything(desk: Desk) -> None:
    async def hangs(call: Call) -> None:
        await asyncio.sleep(30)

    async def trickles(call: Call) -> None:
        await call.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(300):
            await call.send("x")
            await asyncio.sleep(0.1)

    sent = 0

    async def floods(call: Call) -> None:
        nonlocal sent
        await call.send(f"HTTP/1.1 200 OK\r\nContent-Length: {50 * 1024 * 1024}\r\n\r\n")
        for _ in range(800):
            await call.send(b"x" * 65_536)
            sent += 65_536

    campaign = await auction_campaign(desk)
    async with buyer(hangs) as a, buyer(trickles) as b, buyer(floods) as c, buyer(bids("5")) as good:
        bad = [await bidder(desk, campaign.id, shop) for shop in (a, b, c)]
        fine = await bidder(desk, campaign.id, good)
        await sell(desk, *range(5))
    sold = [id_ for id_, state in await states(desk) if state is AttemptState.SOLD]
    assert sold == [fine.id] * 5
    assert sent < 50 * 1024 * 1024
    found = (await desk.rows("auctions"))[0]["bids"]
    reasons = {one["delivery_id"]: one.get("reason", "") for one in found}
    assert [reasons[one.id] for one in bad[:2]] == ["no bid in time"] * 2
    assert reasons[bad[2].id].startswith("No answer rule matched")
    assert reasons[fine.id] == ""


async def test_the_time_budget_bounds_all_pings(desk: Desk) -> None:
    async def slow(call: Call) -> None:
        await asyncio.sleep(0.6)
        await call.answer('{"bid":50}')

    campaign = await auction_campaign(desk, budget_milliseconds=200)
    async with buyer(slow) as late, buyer(bids("5")) as quick:
        await bidder(desk, campaign.id, late)
        winner = await bidder(desk, campaign.id, quick)
        await sell(desk, 1)
    assert (winner.id, AttemptState.SOLD) in await states(desk)


async def test_after_the_auctions_time_no_further_bid_gets_a_post(desk: Desk) -> None:
    async def slow_to_refuse(call: Call) -> None:
        if call.head.split()[1] == "/post":
            await asyncio.sleep(1)
            await call.answer('{"status":"no"}')
        await call.answer('{"bid":50}')

    campaign = await auction_campaign(desk, total_milliseconds=900)
    async with buyer(slow_to_refuse) as high, buyer(bids("5")) as low:
        first = await bidder(desk, campaign.id, high)
        second = await bidder(desk, campaign.id, low)
        sweeper = await desk.delivery(campaign.id, await desk.buyer(), sweeper=True)
        (lead_id,) = await sell(desk, 1)
    assert await states(desk) == [
        (first.id, AttemptState.REJECTED),
        (second.id, AttemptState.SKIPPED),
        (sweeper.id, AttemptState.SOLD),
    ]
    rows = await desk.rows("delivery_attempts", f"lead_id = {lead_id} AND delivery_id = {second.id}")
    assert [row["reason"] for row in rows] == ["the auction's time is over"]
    assert bodies(low, "/post") == []


async def test_the_best_bid_gets_its_post_though_the_pings_took_all_the_time(desk: Desk) -> None:
    async def slow(call: Call) -> None:
        if call.head.split()[1] == "/ping":
            await asyncio.sleep(0.3)
        await call.answer('{"bid":50,"status":"accepted"}')

    campaign = await auction_campaign(desk, total_milliseconds=100)
    async with buyer(slow) as shop:
        only = await bidder(desk, campaign.id, shop)
        await sell(desk, 1)
    assert await states(desk) == [(only.id, AttemptState.SOLD)]


async def test_a_post_is_not_tried_again_after_the_auctions_time_but_goes_to_the_next_bid(desk: Desk) -> None:
    async def busy(call: Call) -> None:
        if call.head.split()[1] == "/ping":
            await call.answer('{"bid":50}')
        else:
            await call.answer("", "503 Busy", "Retry-After: 60\r\n")

    campaign = await auction_campaign(desk, total_milliseconds=4000)
    async with buyer(busy) as high, buyer(bids("5")) as low:
        first = await bidder(desk, campaign.id, high)
        second = await bidder(desk, campaign.id, low)
        await sell(desk, 1)
    assert await states(desk) == [(first.id, AttemptState.ERROR), (second.id, AttemptState.SOLD)]


async def test_a_lead_without_any_bid_is_unsold_and_says_why(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(declines) as none:
        only = await bidder(desk, campaign.id, none)
        (lead_id,) = await sell(desk, 1)
    assert (await desk.lead(lead_id))["sale_status"] == SaleStatus.UNSOLD
    (attempt,) = await desk.rows("delivery_attempts")
    assert (attempt["delivery_id"], attempt["reason"]) == (only.id, "not in our area")
    assert AttemptState(attempt["state"]) is AttemptState.SKIPPED


async def test_a_cap_that_fills_up_between_ping_and_post_is_not_passed(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("9")) as high, buyer(bids("7")) as low:
        capped = await bidder(desk, campaign.id, high, caps=Caps(total=2))
        other = await bidder(desk, campaign.id, low)
        await sell(desk, *range(8))
    sold = [id_ for id_, state in await states(desk) if state is AttemptState.SOLD]
    assert (sold.count(capped.id), sold.count(other.id)) == (2, 6)
    assert len(bodies(high, "/post")) == 2


async def test_an_unreadable_bid_is_no_bid(desk: Desk) -> None:
    async def odd(call: Call) -> None:
        await call.answer('{"bid":"plenty"}')

    campaign = await auction_campaign(desk)
    async with buyer(odd) as shop:
        await bidder(desk, campaign.id, shop)
        await sell(desk, 1)
    (attempt,) = await desk.rows("delivery_attempts")
    assert attempt["reason"] == "the bid could not be read"


async def test_the_price_that_a_post_names_counts_before_the_bid(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    answers = AnswerRules(
        rules=(AnswerRule(kind="json_path", path="status", pattern="accepted", outcome="accept"),),
        revenue=Extract(kind="json_path", expression="price"),
    )
    async with buyer(bids("9", '{"status":"accepted","price":"8.75"}')) as shop:
        await bidder(desk, campaign.id, shop, answers=answers, revenue=Decimal(1))
        (lead_id,) = await sell(desk, 1)
    assert (await desk.lead(lead_id))["revenue"] == 8_750_000


async def test_what_a_worker_learned_of_a_buyer_is_known_to_the_next_one(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("5")) as shop:
        delivery = await bidder(desk, campaign.id, shop)
        await sell(desk, *range(12))
        await sell(desk, 20)
    (*_, last) = sorted(await desk.rows("auctions"), key=lambda row: row["at"])
    assert last["bids"][0]["deadline_milliseconds"] < 1000
    counts = await answers_of(desk.database, desk.account_id, delivery.id)
    assert sum(counts.values()) == 13


async def test_a_rule_on_the_bid_is_asked_when_the_bid_is_there(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    dear = when("bid", "at least", 8)
    scots = Rule(all_of=(dear, when("postcode", "begins with", "EH")))
    async with buyer(bids("7.25")) as low, buyer(bids("9.5")) as high, buyer(bids("20")) as far:
        await bidder(desk, campaign.id, low, rule=dear)
        winner = await bidder(desk, campaign.id, high, rule=when("revenue", "greater than", 9))
        away = await bidder(desk, campaign.id, far, rule=scots)
        fixed = await desk.delivery(
            campaign.id, await desk.buyer(), revenue=Decimal("9.75"), rule=when("bid", "less than", 9)
        )
        (lead_id,) = await sell(desk, 1)
    assert bodies(far, "/ping") == []
    assert len(bodies(low, "/ping")) == 1
    assert {*await states(desk)} >= {
        (away.id, AttemptState.SKIPPED),
        (fixed.id, AttemptState.SKIPPED),
        (winner.id, AttemptState.SOLD),
    }
    assert (await desk.lead(lead_id))["revenue"] == 9_500_000


async def test_a_bid_that_the_rule_forbids_is_passed_over(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("7.25")) as low, buyer(bids("30")) as high:
        cheap = await bidder(desk, campaign.id, low)
        dear = await bidder(desk, campaign.id, high, rule=when("bid", "less than", 10))
        await sell(desk, 1)
    assert await states(desk) == [(dear.id, AttemptState.SKIPPED), (cheap.id, AttemptState.SOLD)]
    assert len(bodies(high, "/ping")) == 1
    assert bodies(high, "/post") == []


async def test_answers_without_a_bid_teach_nothing_about_how_long_bids_take(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(declines) as none, buyer(bids("7")) as one:
        silent = await bidder(desk, campaign.id, none)
        bidding = await bidder(desk, campaign.id, one)
        await sell(desk, 1)
    assert await answers_of(desk.database, desk.account_id, silent.id) == {}
    assert sum((await answers_of(desk.database, desk.account_id, bidding.id)).values()) == 1


async def test_a_bid_above_the_usual_price_passes_no_limit_of_its_buyer(desk: Desk) -> None:
    campaign = await auction_campaign(desk)
    async with buyer(bids("7")) as low, buyer(bids("30")) as high, buyer(bids("25")) as rich:
        await bidder(desk, campaign.id, high, caps=Caps(revenue=AmountCaps(total=Decimal(40))))
        prepaid = await desk.buyer("Prepaid", credit=CreditTerms(mode=CreditMode.PREPAID))
        credit = Credit(desk.database, desk.configuration, desk.ledger)
        await credit.add(desk.actor, prepaid, Decimal(45))
        await bidder(desk, campaign.id, rich, buyer_id=prepaid)
        await bidder(desk, campaign.id, low)
        lead_ids = await sell(desk, 1, 2, 3, 4)
    revenues = sorted([(await desk.lead(lead_id))["revenue"] for lead_id in lead_ids])
    assert revenues == [7_000_000, 7_000_000, 25_000_000, 30_000_000]
    assert await desk.differences() == []
