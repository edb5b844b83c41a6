"""Buyers that misbehave when they are asked for a bid: each is passed over for its own reason, and costs nobody anything."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.delivery.buyers import Buyer, Call, buyer
from tests.delivery.misbehaving import faulty, resolving
from tests.delivery.test_ping_post import auction_campaign, bidder, bids, bodies
from tests.desk import Desk, new_desk

from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.storage.database import Database

REASONS: Mapping[str, str] = {
    "refused connection": "No connection",
    "a certificate of no one": "No secure connection",
    "no TLS": "No secure connection",
    "a handshake without end": "no bid in time",
    "silence": "no bid in time",
    "slow headers": "no bid in time",
    "endless headers": "The answer did not arrive whole",
    "slow body": "no bid in time",
    "endless body": "No answer rule matched; status 200",
    "shorter than announced": "The answer did not arrive whole",
    "longer than announced": "The answer did not arrive whole",
    "hangs up": "The answer did not arrive whole",
    "a redirect into the network": "Redirected with status 307",
    "429 with Retry-After": "The buyer is busy: status 429",
    "500 after having taken it": "No answer rule matched; status 500",
}
"""The reason that the auction keeps of each, at its beginning."""


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def test_every_fault_is_told_and_the_one_good_bid_wins(desk: Desk, tmp_path: Path) -> None:
    campaign = await auction_campaign(desk, budget_milliseconds=800)
    async with AsyncExitStack() as stack:
        there = {fault: await stack.enter_async_context(faulty(fault, tmp_path)) for fault in REASONS}
        delivery_ids = {
            fault: (await bidder(desk, campaign.id, Buyer(server.url))).id for fault, server in there.items()
        }
        good = await stack.enter_async_context(buyer(bids("5")))
        winner = await bidder(desk, campaign.id, good)
        (lead_id,) = await desk.sold(1, values={"postcode": "SW1A 1AA"})
    found = {one["delivery_id"]: one.get("reason", "") for one in (await desk.rows("auctions"))[0]["bids"]}
    told = {fault: found[delivery_ids[fault]][: len(reason)] for fault, reason in REASONS.items()}
    assert told == REASONS
    assert [len(server.calls) for server in there.values() if len(server.calls) > 1] == []
    assert there["a redirect into the network"].pointed_at == []
    sold = [
        row["delivery_id"] for row in await desk.rows("delivery_attempts", f"state = {AttemptState.SOLD}")
    ]
    assert sold == [winner.id]
    assert (await desk.lead(lead_id))["sale_status"] == SaleStatus.SOLD
    assert await desk.differences() == []


async def test_a_name_is_asked_where_it_was_checked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(
        monkeypatch, {"moves.example": ["127.0.0.1", "10.0.0.1"], "inside.example": ["10.0.0.1"]}
    )
    campaign = await auction_campaign(desk)
    async with buyer(bids("5")) as shop, buyer(bids("50")) as other:
        await bidder(desk, campaign.id, Buyer(shop.url.replace("127.0.0.1", "moves.example")))
        inside = await bidder(desk, campaign.id, Buyer(other.url.replace("127.0.0.1", "inside.example")))
        (lead_id,) = await desk.sold(1, values={"postcode": "SW1A 1AA"})
    found = {one["delivery_id"]: one.get("reason", "") for one in (await desk.rows("auctions"))[0]["bids"]}
    assert found[inside.id].startswith("The call is not allowed")
    assert other.calls == []
    assert len(bodies(shop, "/ping")) == 1
    # Pings and posts are different clients, so the name is looked up once for each: the second time it leads inside.
    assert asked.count("moves.example") == 2
    assert bodies(shop, "/post") == []
    assert (await desk.lead(lead_id))["sale_status"] != SaleStatus.SOLD


async def test_a_winner_whose_post_breaks_refuses_and_the_next_bid_gets_the_lead(desk: Desk) -> None:
    async def breaks_on_post(call: Call) -> None:
        if call.head.split()[1] == "/ping":
            await call.answer('{"bid":"9"}')
        else:
            await call.answer("{}", "500 Internal Server Error")

    campaign = await auction_campaign(desk)
    async with buyer(breaks_on_post) as high, buyer(bids("5")) as low:
        first = await bidder(desk, campaign.id, high)
        second = await bidder(desk, campaign.id, low)
        await desk.sold(1, values={"postcode": "SW1A 1AA"})
    states = {row["delivery_id"]: AttemptState(row["state"]) for row in await desk.rows("delivery_attempts")}
    assert states == {first.id: AttemptState.REJECTED, second.id: AttemptState.SOLD}
