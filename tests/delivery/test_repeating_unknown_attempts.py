"""A buyer that answers a repeated key as it did at first is asked again what became of a lead; others never are."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.delivery.buyers import Buyer, Call, buyer
from tests.desk import Desk, new_desk

from leadyard.app import WorkerParts
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.storage.database import Database

Answer = Callable[[Call], Awaitable[None]]


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


def first_in_vain(then: str) -> Answer:
    """Take the lead and hang up; answer so when it comes again."""
    seen = 0

    async def answer(call: Call) -> None:
        nonlocal seen
        seen += 1
        if seen > 1 and then:
            await call.answer(*then.split("|"))

    return answer


@asynccontextmanager
async def parts_of(desk: Desk) -> AsyncIterator[WorkerParts]:
    parts = WorkerParts(desk.database, desk.settings, "another")
    await parts.open()
    yield parts
    await parts.close()


async def unknown_lead(desk: Desk, shop: Buyer, **settings: object) -> int:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer("First"), shop.url, priority=1, **settings)
    await desk.delivery(campaign.id, await desk.buyer("Second"), priority=2)
    (lead_id,) = await desk.sold(1)
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN]
    return lead_id


async def states(desk: Desk, lead_id: int) -> list[AttemptState]:
    return [attempt.state for attempt in (await desk.view(lead_id)).attempts]


def keys(shop: Buyer) -> list[str]:
    lines = [line for call in shop.calls for line in call.head.split("\r\n")]
    return [line.partition(": ")[2] for line in lines if line.lower().startswith("idempotency-key")]


async def test_an_accepting_answer_is_a_sale_and_the_key_is_the_same(desk: Desk) -> None:
    async with buyer(first_in_vain('{"status":"accepted"}')) as shop, parts_of(desk) as parts:
        lead_id = await unknown_lead(desk, shop, repeat_hours=24)
        assert [await parts.resumer.resume_all() for _ in range(2)] == [1, 0]
        first, second = keys(shop)
    assert first == second
    assert await states(desk, lead_id) == [AttemptState.SOLD]
    assert (await desk.view(lead_id)).lead.sale_status is SaleStatus.SOLD
    assert await desk.differences() == []


async def test_after_a_rejecting_answer_the_lead_goes_on(desk: Desk) -> None:
    async with buyer(first_in_vain('{"status":"no"}')) as shop, parts_of(desk) as parts:
        lead_id = await unknown_lead(desk, shop, repeat_hours=24)
        assert await parts.resumer.resume_all() == 1
        await desk.work()
    assert await states(desk, lead_id) == [AttemptState.REJECTED, AttemptState.SOLD]
    assert await desk.differences() == []


async def test_without_the_promise_nothing_is_repeated(desk: Desk) -> None:
    async with buyer(first_in_vain('{"status":"accepted"}')) as shop, parts_of(desk) as parts:
        lead_id = await unknown_lead(desk, shop)
        assert await parts.resumer.resume_all() == 0
        assert len(shop.calls) == 1
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN]


async def test_what_is_older_than_the_promise_is_left_to_a_person(desk: Desk) -> None:
    async with buyer(first_in_vain('{"status":"accepted"}')) as shop, parts_of(desk) as parts:
        await unknown_lead(desk, shop, repeat_hours=1)
        async with desk.database.unit_of_work() as connection:
            sql = "UPDATE delivery_attempts SET started_at = started_at - interval '61 minutes'"
            await connection.execute(sql)
        assert await parts.resumer.resume_all() == 0
        assert len(shop.calls) == 1


@pytest.mark.parametrize(
    "answer", ["", "being worked on|409 Conflict", "another request|422 Unprocessable", "broken|500 Error"]
)
async def test_an_answer_that_does_not_tell_changes_nothing_and_the_buyer_is_left_alone(
    desk: Desk, answer: str
) -> None:
    async with buyer(first_in_vain(answer)) as shop, parts_of(desk) as parts:
        lead_id = await unknown_lead(desk, shop, repeat_hours=24)
        assert [await parts.resumer.resume_all() for _ in range(2)] == [0, 0]
        assert len(shop.calls) == 2
    assert await states(desk, lead_id) == [AttemptState.UNKNOWN]
    assert await desk.differences() == []
