"""Replayed under the set-up as it was, a day is exactly that day: whatever was sold, refused, repeated or full."""

import contextlib
import random
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.replay.market import QUICK, Day, answering, new_day, seeded, sums

from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import Distribution, Group, Member, Method, SaleTerms
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import AcceptOn, Caps, DeliveredDedupe, UnknownPolicy
from leadyard.delivery.model import BreakerPolicy
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.storage.database import Database

LEADS = 50


@pytest.fixture
async def day(database: Database, dsn: str, tmp_path: Path) -> Day:
    return await new_day(database, dsn, tmp_path)


async def real_sums(day: Day) -> dict[int, tuple[int, int]]:
    """What the attempts themselves say: sales and revenue by buyer."""
    async with day.desk.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT buyer_id, count(*) AS sales, sum(revenue)::bigint AS revenue FROM delivery_attempts"
            " WHERE account_id = $1 AND state = 2 GROUP BY 1",
            day.desk.account_id,
        )
    return {row["buyer_id"]: (row["sales"], row["revenue"]) for row in rows}


async def real_payout(day: Day) -> int:
    return sum(row["payout"] for row in await day.desk.rows("leads"))


async def assert_is_that_day(day: Day) -> None:
    outcome = await day.replayed()
    before, after = sums(outcome)
    assert after == before
    assert (outcome.leads, outcome.other_ways, outcome.unfinished) == (LEADS, 0, 0)
    told = {buyer: (one.sales, one.revenue) for (_, buyer), one in after.items() if one.sales}
    assert told == await real_sums(day)
    assert sum(one.payout for one in after.values()) == await real_payout(day)
    assert await day.desk.differences() == []


async def test_with_refusals_retries_caps_and_credit(day: Day) -> None:
    campaign = await day.desk.campaign()
    first = await day.desk.buyer("First", caps=Caps(day=15))
    second = await day.desk.buyer("Second", credit=CreditTerms(mode=CreditMode.POSTPAID, limit=Decimal(90)))
    third = await day.desk.buyer("Third")
    async with (
        answering(lambda n: ("yes", "no", "later")[n % 3]) as one,
        answering(lambda n: "yes" if n % 2 else "no") as two,
        answering(lambda n: "no" if n % 5 == 0 else "yes") as three,
    ):
        await day.desk.delivery(campaign.id, first, one, priority=1, retry=QUICK, revenue=Decimal(20))
        await day.desk.delivery(campaign.id, second, two, priority=2)
        await day.desk.delivery(campaign.id, third, three, priority=3, revenue=Decimal(5))
        await day.desk.sold(*range(LEADS))
    await assert_is_that_day(day)


DISTRIBUTIONS = (
    Method.PRIORITY,
    Method.WEIGHTED,
    Method.EVENLY_WEIGHTED,
    Method.STANDARD,
    Method.AUCTION,
)


@pytest.mark.parametrize("seed", range(10))
async def test_with_any_set_up_and_any_answers(day: Day, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    campaign = await day.desk.campaign(
        distribution=DISTRIBUTIONS[seed % 5],
        accept_on=chance.choice((AcceptOn.BUYER, AcceptOn.BUYER, AcceptOn.SYSTEM)),
        caps=chance.choice((Caps(), Caps(revenue=AmountCaps(day=Decimal(200))))),
    )
    async with contextlib.AsyncExitStack() as stack:
        for number in range(3):
            buyer_id = await day.desk.buyer(
                f"Buyer {number}",
                breaker=BreakerPolicy(failures=1000),
                caps=chance.choice((Caps(), Caps(day=12), Caps(revenue=AmountCaps(day=Decimal(100))))),
                dedupe=chance.choice((DeliveredDedupe(), DeliveredDedupe(fields=("lastname", "postcode")))),
            )
            weights = chance.choice(((1, 0, 0), (2, 1, 1), (1, 2, 0), (1, 0, 1)))
            url = await stack.enter_async_context(answering(seeded(seed * 10 + number, weights)))
            await day.desk.delivery(
                campaign.id,
                buyer_id,
                url,
                priority=chance.randint(1, 3),
                weight=chance.randint(1, 3),
                revenue=chance.choice((None, Decimal(8), Decimal("17.25"))),
                retry=QUICK,
                caps=chance.choice((Caps(), Caps(total=9))),
                when_unknown=chance.choice(tuple(UnknownPolicy)),
            )
        await day.desk.submitted(*range(LEADS // 2))
        async with day.desk.working(day.desk.dsn, day.desk.settings):
            await day.desk.submitted(*range(LEADS // 2, LEADS))
            await day.desk.until_idle()
    await assert_is_that_day(day)


async def test_with_groups_of_shared_and_weighted_sales(day: Day) -> None:
    campaign = await day.desk.campaign()
    async with contextlib.AsyncExitStack() as stack:
        ids = []
        for number in range(4):
            url = await stack.enter_async_context(answering(seeded(number, (3, 1, 1))))
            made = await day.desk.delivery(
                campaign.id,
                await day.desk.buyer(str(number), breaker=BreakerPolicy(failures=1000)),
                url,
                retry=QUICK,
            )
            ids.append(made.id)
        shared = Group(
            method=Method.EVENLY_WEIGHTED,
            members=(Member(ids[0]), Member(ids[1])),
            sale=SaleTerms.SHARED,
            sell_limit=2,
        )
        behind = Group(method=Method.WEIGHTED, members=(Member(ids[2], weight=3), Member(ids[3])))
        tree = Distribution(method=Method.HYBRID, members=(Member(group=shared), Member(group=behind)))
        await change_campaign(day, campaign.id, tree)
        await day.desk.sold(*range(LEADS))
    await assert_is_that_day(day)


async def change_campaign(day: Day, campaign_id: int, tree: Distribution) -> None:

    patch = {"settings": {"distribution": msgspec.to_builtins(tree)}}
    await setup.campaigns.update(day.desk.database, day.desk.actor, campaign_id, patch)
