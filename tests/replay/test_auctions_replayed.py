"""Auctions are held again with the bids that were made, and with mean bids where none was asked for."""

from pathlib import Path

import pytest
from tests.delivery.buyers import buyer
from tests.delivery.test_ping_post import auction_campaign, bidder, bids
from tests.desk import Desk
from tests.replay.market import Day, new_day, pounds, sums

from leadyard.replay.model import Outcome
from leadyard.storage.database import Database

LEADS = 12


@pytest.fixture
async def day(database: Database, dsn: str, tmp_path: Path) -> Day:
    return await new_day(database, dsn, tmp_path)


async def held(day: Day) -> tuple[int, int]:
    """The first bids 9 and refuses the post, the second bids 6 and takes it; gives their deliveries."""
    desk: Desk = day.desk
    campaign = await auction_campaign(desk)
    async with buyer(bids("9", '{"status":"no"}')) as high, buyer(bids("6")) as low:
        first = await bidder(desk, campaign.id, high)
        second = await bidder(desk, campaign.id, low)
        await desk.sold(*range(LEADS), values={"postcode": "SW1A 1AA"})
    return first.id, second.id


async def with_margin(day: Day, margin: str) -> Outcome:
    return await day.replayed({"campaigns": {"CARS": {"settings": {"auction": {"margin": margin}}}}})


async def test_a_day_of_auctions_is_that_day(day: Day) -> None:
    await held(day)
    outcome = await day.replayed()
    before, after = sums(outcome)
    assert after == before
    assert (outcome.leads, outcome.other_ways, outcome.unfinished) == (LEADS, 0, 0)
    assert after["GBP", 2].revenue == LEADS * pounds("6")


async def test_a_margin_that_bids_do_not_leave_ends_the_sales(day: Day) -> None:
    await held(day)
    assert (await with_margin(day, "5.9")).after.total("GBP").sales == LEADS
    assert (await with_margin(day, "6")).after.total("GBP").sales == 0


async def test_a_penalty_puts_another_bid_first(day: Day) -> None:
    first, _ = await held(day)
    outcome = await day.replayed({"deliveries": {str(first): {"settings": {"penalty": "4"}}}})
    assert outcome.other_ways == LEADS
    assert outcome.after.total("GBP").revenue == LEADS * pounds("6")
