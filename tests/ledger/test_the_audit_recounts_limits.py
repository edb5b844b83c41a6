"""The audit names every cap and every credit that is not the sum of what attempts hold, or of what was booked."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.desk import Desk, new_desk

from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps
from leadyard.identity.actor import Actor
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    """A desk with one sale under every kind of limit."""
    desk = await new_desk(database, dsn, tmp_path)
    campaign = await desk.campaign(caps=Caps(day=50, revenue=AmountCaps(month=Decimal(500))))
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID), caps=Caps(week=50))
    await desk.delivery(campaign.id, buyer_id, caps=Caps(total=50))
    credit = Credit(desk.database, desk.configuration, desk.ledger)
    await credit.add(Actor(desk.account_id, "test"), buyer_id, Decimal(100))
    await desk.sold(1)
    return desk


async def found(desk: Desk, statement: str) -> list[tuple[str, int, int]]:
    """Do damage and give what the audit says of it."""
    async with desk.database.connection() as connection:
        await connection.execute(f"{statement} WHERE account_id = $1", desk.account_id)
    return [(d.what, d.expected, d.found) for d in await desk.differences()]


async def test_limits_in_order_make_no_difference(desk: Desk) -> None:
    assert len(await desk.rows("cap_counters")) == 4
    assert await desk.differences() == []


@pytest.mark.parametrize(
    ("statement", "differences"),
    [
        (
            "UPDATE cap_counters SET used = used + 1",
            [
                ("cap against attempts: used", 12_500_000, 12_500_001),
                ("cap against attempts: used", 1, 2),
                ("cap against attempts: used", 1, 2),
            ],
        ),
        ("UPDATE buyer_credit SET reserved = 5", [("credit against attempts: reserved", 0, 5)]),
        ("UPDATE buyer_credit SET added = added + 7", [("credit against the ledger: added", 100_000_000, 100_000_007)]),
        (
            "UPDATE buyer_credit SET spent = 0",
            [
                ("credit against attempts: spent", 12_500_000, 0),
                ("credit against the ledger: spent", 12_500_000, 0),
            ],
        ),
    ],
)  # fmt: skip
async def test_a_counter_that_was_changed_is_named(
    desk: Desk, statement: str, differences: list[tuple[str, int, int]]
) -> None:
    assert await found(desk, statement) == differences


async def test_an_attempt_that_keeps_what_it_gave_up_is_named(desk: Desk) -> None:
    differences = await found(desk, "UPDATE delivery_attempts SET state = 3")
    assert ("attempt holds what it gave up: holds", 0, 1) in differences
    assert ("credit against attempts: spent", 0, 12_500_000) in differences
