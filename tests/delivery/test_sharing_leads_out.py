"""Distribution by real workers over a real database: fair shares, parallel shared sales, linked deliveries."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import Distribution, Member, Method, SaleTerms
from leadyard.campaigns.model import Caps
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def accept(call: Call) -> None:
    await call.answer('{"status":"accepted"}')


async def refuse(call: Call) -> None:
    await call.answer('{"status":"no"}')


@contextlib.asynccontextmanager
async def workers(desk: Desk, count: int) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(desk.working(desk.dsn, desk.settings))
        yield


async def sold(desk: Desk) -> Counter[int]:
    rows = await desk.rows("delivery_attempts", f"state = {int(AttemptState.SOLD)}")
    return Counter(row["delivery_id"] for row in rows)


@pytest.mark.parametrize("count", [2, 3, 7])
async def test_a_hundred_leads_are_spread_evenly_by_several_workers(desk: Desk, count: int) -> None:
    campaign = await desk.campaign(distribution=Method.EVENLY_WEIGHTED)
    made = [await desk.delivery(campaign.id, await desk.buyer(str(n))) for n in range(count)]
    async with workers(desk, 3):
        await desk.submitted(*range(100))
        await desk.until_idle()
    counts = await sold(desk)
    assert sum(counts.values()) == 100
    assert {counts[one.id] for one in made} <= {100 // count, -(-100 // count)}
    assert await desk.differences() == []


async def test_turns_outlive_the_workers(desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Method.EVENLY_WEIGHTED)
    made = [await desk.delivery(campaign.id, await desk.buyer(str(n))) for n in range(3)]
    for number in range(6):
        await desk.sold(number)
    assert await sold(desk) == {one.id: 2 for one in made}


async def test_weights_hold_over_workers(desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Method.WEIGHTED)
    heavy = await desk.delivery(campaign.id, await desk.buyer("A"), weight=3)
    light = await desk.delivery(campaign.id, await desk.buyer("B"), weight=1)
    async with workers(desk, 2):
        await desk.submitted(*range(80))
        await desk.until_idle()
    assert await sold(desk) == {heavy.id: 60, light.id: 20}


async def test_standard_sells_to_several_buyers_at_the_same_time_and_owes_one_payout(desk: Desk) -> None:
    arrived = asyncio.Barrier(2)

    async def together(call: Call) -> None:
        async with asyncio.timeout(5):
            await arrived.wait()
        await accept(call)

    campaign = await desk.campaign(distribution=Method.STANDARD)
    async with buyer(together) as first, buyer(together) as second:
        for shop in (first, second):
            await desk.delivery(campaign.id, await desk.buyer(), shop.url, shared_price=Decimal(6))
        (lead_id,) = await desk.sold(1)
    row = await desk.lead(lead_id)
    assert (row["sale_status"], row["revenue"], row["payout"]) == (SaleStatus.SOLD, 12_000_000, 3_500_000)
    assert await desk.differences() == []


async def test_the_sell_limit_holds_whatever_buyers_answer(desk: Desk) -> None:
    tree = Distribution(method=Method.STANDARD, sale=SaleTerms.SHARED, sell_limit=2)
    campaign = await desk.campaign(distribution=tree)
    async with buyer(accept) as yes, buyer(refuse) as no:
        ids = [
            (await desk.delivery(campaign.id, await desk.buyer(str(n)), url)).id
            for n, url in enumerate((no.url, yes.url, no.url, yes.url, yes.url))
        ]
        members = tuple(Member(delivery_id) for delivery_id in ids)
        patch = {"settings": {"distribution": {"members": [{"delivery_id": m.delivery_id} for m in members]}}}
        await setup.campaigns.update(desk.database, desk.actor, campaign.id, patch)
        await desk.sold(*range(20))
    assert await sold(desk) == {ids[1]: 20, ids[3]: 20}
    assert await desk.differences() == []


async def test_caps_hold_when_a_standard_lead_goes_to_many_at_once(desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Method.STANDARD)
    capped = await desk.delivery(campaign.id, await desk.buyer("A"), caps=Caps(total=3))
    free = await desk.delivery(campaign.id, await desk.buyer("B"))
    async with workers(desk, 2):
        await desk.submitted(*range(12))
        await desk.until_idle()
    assert await sold(desk) == {capped.id: 3, free.id: 12}


async def test_a_buyers_cap_holds_over_its_deliveries_that_get_a_lead_at_once(desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Method.STANDARD)
    one = await desk.buyer("A", caps=Caps(total=3))
    for _ in range(2):
        await desk.delivery(campaign.id, one)
    await desk.sold(*range(4))
    assert sum((await sold(desk)).values()) == 3
    assert await desk.differences() == []


async def test_a_linked_delivery_follows_a_sale_and_books_its_own_price(desk: Desk) -> None:
    campaign = await desk.campaign()
    main = await desk.delivery(campaign.id, await desk.buyer("A"))
    extra = await desk.delivery(campaign.id, await desk.buyer("B"), after=main.id, revenue=Decimal(2))
    (lead_id,) = await desk.sold(1)
    assert await sold(desk) == {main.id: 1, extra.id: 1}
    assert (await desk.lead(lead_id))["revenue"] == 14_500_000
    assert await desk.differences() == []


async def test_reprocessing_a_shared_lead_fills_the_places_that_are_left(desk: Desk) -> None:
    campaign = await desk.campaign(distribution=Method.STANDARD)
    async with buyer(accept) as yes:
        answers = iter([refuse, accept])

        async def first_no(call: Call) -> None:
            await next(answers)(call)

        async with buyer(first_no) as changing:
            await desk.delivery(campaign.id, await desk.buyer("A"), yes.url)
            await desk.delivery(campaign.id, await desk.buyer("B"), changing.url)
            (lead_id,) = await desk.sold(1)
            assert sum((await sold(desk)).values()) == 1
            await desk.leads.reprocess(desk.principal, [lead_id])
            await desk.work()
    assert sum((await sold(desk)).values()) == 2
    assert len(yes.calls) == 1
    assert await desk.differences() == []
