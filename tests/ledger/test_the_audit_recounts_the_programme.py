"""The audit names each commission, customer and count that is not what its purchases and bookings say."""

from pathlib import Path

import pytest
from tests.affiliates.shop import BASIC, Shop, new_shop

from leadyard.storage.database import Database


@pytest.fixture
async def shop(database: Database, dsn: str, tmp_path: Path) -> Shop:
    """A shop with a purchase that is paid and taken back, and one that stands."""
    shop = await new_shop(database, dsn, tmp_path)
    await shop.plan("basic", *BASIC)
    child = await shop.affiliate("child")
    first = await shop.buy(amount="80", code="child")
    await shop.mark_paid(first, child)
    await shop.cancel(first)
    await shop.buy(amount="40")
    return shop


async def test_a_programme_in_order_makes_no_difference(shop: Shop) -> None:
    assert len(await shop.rows("commissions")) == 3
    assert await shop.differences() == []


@pytest.mark.parametrize(
    ("statement", "differences"),
    [
        (
            "UPDATE commissions SET amount = amount + 1 WHERE account_id = $1 AND state = 1",
            [("commission against the ledger: earned", 8_000_001, 8_000_000), ("commission against the ledger: paid", 8_000_001, 8_000_000)],
        ),
        (
            "UPDATE commissions SET state = 2 WHERE account_id = $1 AND purchase_id = 2",
            [("commission against the ledger: earned", 0, 4_000_000)],
        ),
        (
            "DELETE FROM commissions WHERE account_id = $1 AND purchase_id = 2",
            [("commission against the ledger: earned", 0, 4_000_000)],
        ),
        (
            "UPDATE people SET standing_purchases = 2 WHERE account_id = $1",
            [("person against purchases: purchases", 1, 2)],
        ),
        (
            "UPDATE affiliate_days SET purchases = purchases + 1 WHERE account_id = $1",
            [("what affiliates brought: purchases", 2, 3)],
        ),
        (
            "INSERT INTO tallies (account_id, what, day, slot, count) VALUES ($1, 'purchases', '1970-01-01', 0, 1)",
            [("tally of purchases: count", 2, 3)],
        ),
    ],
)  # fmt: skip
async def test_each_difference_is_named(
    shop: Shop, statement: str, differences: list[tuple[str, int, int]]
) -> None:
    async with shop.database.connection() as connection:
        await connection.execute(statement, shop.account_id)
    assert [(d.what, d.expected, d.found) for d in await shop.differences()] == differences


async def test_an_open_commission_of_a_cancelled_purchase_is_named(shop: Shop) -> None:
    async with shop.database.connection() as connection:
        await connection.execute(
            "UPDATE purchases SET state = 3, effective_at = updated_at WHERE account_id = $1 AND id = 2",
            shop.account_id,
        )
    found = [d.what for d in await shop.differences()]
    assert found == ["commission of a cancelled purchase: amount", "person against purchases: purchases"]
