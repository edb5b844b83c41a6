"""Repeating lines pay month after month, each month once, until they end (docs/affiliates.md)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.affiliates.shop import Shop, shown

from leadyard.affiliates.affiliates import service as affiliates

DAY = timedelta(days=1)


def monthly(**more: Any) -> dict[str, Any]:
    return {"pays_for": "purchase", "percent": "10", "repeats": "until_cancelled", **more}


async def after(shop: Shop, days: int) -> None:
    """Let the worker look at the clock so many days from now."""
    await shop.worker.work_once(datetime.now(UTC) + days * DAY)


async def months(shop: Shop) -> list[tuple[int, str]]:
    return [(c.repetition, shown(c.amount)) for c in await shop.listed()]


async def test_each_month_is_paid_when_it_comes_and_once(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    await shop.buy(amount="80", code="child", plan_code="monthly")
    await after(shop, 27)
    assert await months(shop) == [(1, "8")]
    for _ in range(3):
        await after(shop, 32)
    assert await months(shop) == [(1, "8"), (2, "8")]
    await after(shop, 32 * 4)
    assert [number for number, _ in await months(shop)] == [1, 2, 3, 4, 5]
    first, second, *_ = await shop.listed()
    assert 28 <= (second.due_at - first.due_at).days <= 31
    assert await shop.differences() == []


async def test_several_workers_make_each_month_once(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    for number in range(5):
        await shop.buy(f"{number}@example.com", "80", code="child", plan_code="monthly")
    await asyncio.gather(*(after(shop, 70) for _ in range(4)))
    assert sorted(number for number, _ in await months(shop)) == [1] * 5 + [2] * 5 + [3] * 5
    assert await shop.differences() == []


async def test_a_number_of_months(shop: Shop) -> None:
    await shop.plan("thrice", monthly(repeats="times", times=3))
    await shop.buy(amount="80", code="child", plan_code="thrice")
    await after(shop, 400)
    assert [number for number, _ in await months(shop)] == [1, 2, 3]
    assert await shop.rows("commission_schedules") == []


async def test_a_cancelled_purchase_pays_no_further_month(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    bought = await shop.buy(amount="80", code="child", plan_code="monthly")
    await shop.cancel(bought)
    await after(shop, 100)
    assert await shop.paid(bought) == ["8 cancelled"]


async def test_a_cancellation_to_come_ends_the_months_then(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    bought = await shop.buy(amount="80", code="child", plan_code="monthly")
    await shop.cancel(bought, effective_at=datetime.now(UTC) + 70 * DAY)
    await after(shop, 400)
    assert [number for number, _ in await months(shop)] == [1, 2, 3]
    assert await shop.rows("commission_schedules") == []


async def test_a_delay_moves_all_months(shop: Shop) -> None:
    await shop.plan("late", monthly(delay=2, delay_unit="months"))
    bought = await shop.buy(amount="80", code="child", plan_code="late")
    await after(shop, 85)
    assert await shop.paid(bought) == ["8 pending"]
    await after(shop, 95)
    assert [number for number, _ in await months(shop)] == [1, 2]


async def test_a_new_amount_counts_for_later_months(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    bought = await shop.buy(code="child", plan_code="monthly")
    assert await shop.paid(bought) == []
    await shop.change(bought, "80")
    await after(shop, 35)
    assert await months(shop) == [(1, "8"), (2, "8")]
    await shop.change(bought, "40")
    assert await months(shop) == [(1, "4"), (2, "4")]
    assert await shop.differences() == []


async def test_an_archived_affiliate_misses_its_months(shop: Shop) -> None:
    await shop.plan("monthly", monthly())
    await shop.buy(amount="80", code="child", plan_code="monthly")
    child = await shop.known("child")
    await affiliates.set_status(shop.database, shop.actor, child.id, "archive")
    await after(shop, 35)
    await affiliates.set_status(shop.database, shop.actor, child.id, "unarchive")
    await after(shop, 70)
    assert [number for number, _ in await months(shop)] == [1, 3]


@pytest.mark.parametrize("email", ["child@partners.example"])
async def test_a_barred_purchase_has_no_months(shop: Shop, email: str) -> None:
    await shop.plan("monthly", monthly())
    await shop.buy(email, "80", code="child", plan_code="monthly")
    await after(shop, 70)
    assert await months(shop) == []
