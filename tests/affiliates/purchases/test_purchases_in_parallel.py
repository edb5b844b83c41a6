"""Any number of equal posts at once make one purchase and one set of commissions, over several processes' pools."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from decimal import Decimal

from tests.affiliates.shop import Shop
from tests.vault import VAULT

from leadyard.affiliates.following import ProgrammeFollows
from leadyard.affiliates.purchases.model import Cancellation, PurchaseInput
from leadyard.affiliates.purchases.service import Purchases
from leadyard.kit.errors import ConflictError
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database

EIGHTY = Decimal(80)


async def processes(shop: Shop, stack: AsyncExitStack, count: int) -> list[Purchases]:
    """Services with pools of their own, as several processes have."""
    made = []
    for _ in range(count):
        database = Database(shop.dsn, size=6, vault=VAULT)
        await database.open()
        stack.push_async_callback(database.close)
        ledger = Ledger(database)
        made.append(Purchases(database, ledger, ProgrammeFollows(ledger)))
    return made


async def test_two_hundred_equal_posts_make_one_purchase(shop: Shop) -> None:
    wanted = PurchaseInput(email="jo@example.com", purchase_code="A1", amount=EIGHTY, code="child")
    async with AsyncExitStack() as stack:
        services = await processes(shop, stack, 4)
        results = await asyncio.gather(*(services[i % 4].record(shop.account_id, wanted) for i in range(200)))
    assert Counter(is_new for _, is_new in results) == {True: 1, False: 199}
    assert len({purchase.id for purchase, _ in results}) == 1
    assert await shop.paid(results[0][0]) == ["8 due", "1.6 due", "0.8 due"]
    assert len(await shop.rows("people")) == 1
    assert await shop.differences() == []


async def test_a_code_that_many_customers_post_at_once_is_one_customers(shop: Shop) -> None:
    async def post(service: Purchases, number: int) -> str:
        wanted = PurchaseInput(email=f"{number}@example.com", purchase_code="A1", amount=EIGHTY, code="child")
        try:
            return str((await service.record(shop.account_id, wanted))[1])
        except ConflictError:
            return "refused"

    async with AsyncExitStack() as stack:
        services = await processes(shop, stack, 4)
        results = await asyncio.gather(*(post(services[i % 4], i) for i in range(40)))
    assert Counter(results) == {"True": 1, "refused": 39}
    assert len(await shop.rows("people")) == 1
    assert await shop.differences() == []


async def test_purchases_of_one_customer_and_cancellations_at_once_count_right(shop: Shop) -> None:
    tiers = [{"from_count": 11, "percent": "20"}]
    await shop.plan(
        "tiers",
        {"pays_for": "purchase", "percent": "10", "tiers": tiers},
        {"pays_for": "new_customer", "fixed": "5"},
    )

    async def buy(service: Purchases, number: int) -> None:
        wanted = PurchaseInput(
            email=f"{number % 5}@example.com", purchase_code=f"A{number}", amount=EIGHTY, code="child",
            plan_code="tiers",
        )  # fmt: skip
        purchase, _ = await service.record(shop.account_id, wanted)
        if number >= 20:
            await service.cancel(shop.account_id, purchase.id, Cancellation())

    async with AsyncExitStack() as stack:
        services = await processes(shop, stack, 4)
        await asyncio.gather(*(buy(services[i % 4], i) for i in range(20)))
        await asyncio.gather(*(buy(services[i % 4], i) for i in range(20, 32)))
        await asyncio.gather(*(buy(services[i % 4], i) for i in range(20, 32)))
    standing = [c for c in await shop.listed() if c.status == "due"]
    assert Counter(str(c.amount) for c in standing) == {"8": 10, "16": 10, "5": 5}
    assert [row["standing_purchases"] for row in await shop.rows("people")] == [4] * 5
    assert await shop.differences() == []
