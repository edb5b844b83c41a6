"""Visitors and leads are paid by the default plan, once; purchases of the tracker may wait for approval."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from tests.affiliates.shop import BASIC, Shop, new_shop, shown

from leadyard.affiliates.model import PurchaseState
from leadyard.affiliates.program import service as programs
from leadyard.kit.errors import ConflictError, InvalidInputError
from leadyard.people import service as people
from leadyard.storage.database import Database
from leadyard.tracking.following import TrackedPurchase

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def shop(database: Database, dsn: str, tmp_path: Path) -> Shop:
    shop = await new_shop(database, dsn, tmp_path)
    await shop.plan(
        "basic",
        *BASIC,
        {"pays_for": "visitor", "fixed": "0.05"},
        {"pays_for": "lead", "fixed": "2"},
        {"pays_for": "lead", "fixed": "1", "level": 1},
    )
    await shop.line_of("child", "parent")
    return shop


async def reasons(shop: Shop) -> list[str]:
    return [f"{shown(c.amount)}: {c.reason}" for c in await shop.listed()]


async def test_a_visitor_and_a_lead_pay_once(shop: Shop) -> None:
    person = await shop.visitor("jo@example.com", "child", NOW)
    expected = [
        "0.05: visitor: 0.05 USD per visitor",
        "2: lead: 2 USD per lead",
        "1: lead: 1 USD per lead, level 1",
    ]
    assert await reasons(shop) == expected
    async with shop.database.unit_of_work() as connection:
        program = await programs.read(connection, shop.account_id)
        await shop.following.lead_seen(connection, program, person, NOW)
    assert await reasons(shop) == expected
    assert await shop.differences() == []


async def test_nobody_is_paid_for_those_who_came_by_themselves(shop: Shop) -> None:
    await shop.visitor("jo@example.com", None, NOW)
    assert await reasons(shop) == []


async def tracked(shop: Shop, code: str, amount: str = "80", email: str = "jo@example.com") -> None:
    async with shop.database.unit_of_work() as connection:
        program = await programs.read(connection, shop.account_id)
        person, _ = await people.lock_or_make(connection, shop.account_id, email, NOW)
        purchase = TrackedPurchase(purchase_code=code, amount=Decimal(amount), code="child")
        await shop.following.purchase_seen(connection, program, person, purchase, NOW)


async def cancellation(shop: Shop, email: str = "jo@example.com") -> None:
    async with shop.database.unit_of_work() as connection:
        program = await programs.read(connection, shop.account_id)
        person, _ = await people.lock_or_make(connection, shop.account_id, email, NOW)
        await shop.following.cancellation_asked(connection, program, person, uuid4(), NOW)


async def test_a_pages_purchase_waits_for_approval(shop: Shop) -> None:
    await tracked(shop, "A1")
    bought = await shop.purchases.find(shop.account_id, "A1")
    assert bought is not None
    assert (bought.state, await shop.paid(bought)) == (PurchaseState.PENDING, ["8 pending", "1.6 pending"])
    assert await shop.mark_paid(bought, await shop.known("child")) != []
    await shop.purchases.approve(shop.account_id, bought.id)
    assert await shop.paid(bought) == ["8 due", "1.6 due"]


async def test_a_pages_purchase_counts_at_once_where_the_programme_says_so(shop: Shop) -> None:
    await shop.program(approves_tracked_purchases=False)
    await tracked(shop, "A1")
    await tracked(shop, "A1")
    bought = await shop.purchases.find(shop.account_id, "A1")
    assert bought is not None
    assert await shop.paid(bought) == ["8 due", "1.6 due"]
    await cancellation(shop)
    assert await shop.paid(bought) == ["8 cancelled", "1.6 cancelled"]


async def test_a_page_that_asks_to_cancel_waits_for_a_person(shop: Shop) -> None:
    await tracked(shop, "A1")
    await cancellation(shop)
    bought = await shop.purchases.find(shop.account_id, "A1")
    assert bought is not None
    assert bought.state is PurchaseState.PENDING
    assert [row["kind"] for row in await shop.rows("fraud_signals")] == ["cancellation_asked"]


async def test_a_pages_purchase_that_cannot_be_recorded_harms_nothing(shop: Shop) -> None:
    await tracked(shop, "A1")
    with pytest.raises(ConflictError):
        await tracked(shop, "A1", email="other@example.com")
    with pytest.raises(InvalidInputError):
        await tracked(shop, "A2", amount="-5")
    assert [row["purchase_code"] for row in await shop.rows("purchases")] == ["A1"]
    assert await shop.differences() == []


async def test_a_line_that_needs_approval_holds_its_commissions(shop: Shop) -> None:
    await shop.plan("held", {"pays_for": "purchase", "percent": "10", "needs_approval": True})
    bought = await shop.buy(amount="80", code="child", plan_code="held")
    [one] = await shop.listed(purchase_id=bought.id, is_held=True)
    assert one.status == "pending"
    assert [c.status for c in await shop.mark_paid(bought, await shop.known("child"))] == ["pending"]
    assert (await shop.commissions.approve(shop.account_id, one.id)).status == "due"
    assert await shop.listed(is_held=True) == []
