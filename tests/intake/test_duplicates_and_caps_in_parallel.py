"""However many leads come at once, over however many processes, no limit is passed and no duplicate gets in."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from tests.exchange import Exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import Caps, Dedupe, SupplierTerms
from leadyard.intake.plan import Plans
from leadyard.intake.service import Intake
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database


async def other_intakes(dsn: str, count: int) -> list[tuple[Database, Intake]]:
    """Intakes with pools, set-ups and plans of their own, as other processes have."""
    made = []
    for _ in range(count):
        database = Database(dsn, size=4)
        await database.open()
        made.append((database, Intake(database, Configuration(database), Plans(), Ledger(database))))
    return made


async def post_everywhere(exchange: Exchange, dsn: str, numbers: list[int]) -> Counter[int]:
    others = await other_intakes(dsn, 3)
    intakes = [exchange.intake, *(intake for _, intake in others)]
    results = await asyncio.gather(
        *(intakes[i % 4].submit(exchange.submission(number)) for i, number in enumerate(numbers))
    )
    for database, _ in others:
        await database.close()
    return Counter(result.code for result in results)


async def test_of_a_thousand_identical_leads_exactly_one_gets_in(exchange: Exchange, dsn: str) -> None:
    await exchange.campaign()
    assert await post_everywhere(exchange, dsn, [7] * 1000) == {1: 1, -2: 999}
    assert len(await exchange.rows("delivery_jobs")) == 1
    assert len(await exchange.rows("dedupe_claims")) == 2


async def test_a_cap_of_a_hundred_lets_exactly_a_hundred_of_a_thousand_through(
    exchange: Exchange, dsn: str
) -> None:
    await exchange.campaign(caps=Caps(day=100))
    assert await post_everywhere(exchange, dsn, list(range(1000))) == {1: 100, -4: 900}
    assert [row["used"] for row in await exchange.rows("cap_counters")] == [100]
    assert len(await exchange.rows("dedupe_claims")) == 200, "a lead that a cap refused gives its keys back"


async def test_a_suppliers_own_cap_counts_beside_the_campaigns(exchange: Exchange, dsn: str) -> None:
    campaign = await exchange.campaign(caps=Caps(total=50))
    await setup.put_terms(
        exchange.database, exchange.actor, campaign.id, 1, SupplierTerms(caps=Caps(hour=20))
    )
    assert await post_everywhere(exchange, dsn, list(range(100))) == {1: 20, -4: 80}


async def test_a_lead_that_shares_one_key_with_a_first_and_another_with_a_second_claims_neither(
    exchange: Exchange,
) -> None:
    await exchange.campaign()
    assert (await exchange.submit(1)).code == 1
    mixed = {"email": "new@example.com", "phone1": "07700000001"}
    assert (await exchange.submit(2, values=mixed)).code == -2
    assert (await exchange.submit(3, values={"email": "new@example.com"})).code == 1


async def test_leads_that_overlap_in_one_batch_end_as_if_they_had_come_one_by_one(exchange: Exchange) -> None:
    await exchange.campaign()
    shared = [
        {"email": "a@example.com", "phone1": "07700000001"},
        {"email": "b@example.com", "phone1": "07700000001"},
        {"email": "b@example.com", "phone1": "07700000002"},
    ]
    await exchange.submit(99)
    results = await asyncio.gather(*(exchange.submit(i, values=v) for i, v in enumerate(shared)))
    assert [result.code for result in results] in ([1, -2, 1], [1, -2, -2])
    accepted = [v for v, result in zip(shared, results, strict=True) if result.code == 1]
    assert len({v["email"] for v in accepted}) == len({v["phone1"] for v in accepted}) == len(accepted)


async def test_a_duplicate_is_one_only_within_the_window(exchange: Exchange) -> None:
    await exchange.campaign(dedupe=Dedupe(fields=("email",), window_hours=24))
    start = datetime.now(UTC)
    assert (await exchange.submit(1)).code == 1
    assert (await exchange.submit(1)).code == -2
    with time_machine.travel(start + timedelta(hours=25), tick=True):
        assert (await exchange.submit(1)).code == 1
        assert (await exchange.submit(1)).code == -2


@pytest.mark.parametrize(
    ("at", "later"),
    [
        ("2026-03-29T00:30:00Z", "2026-03-29T22:59:00Z"),
        ("2026-10-24T23:30:00Z", "2026-10-25T23:59:00Z"),
    ],
)
async def test_a_days_cap_runs_from_local_midnight_to_local_midnight_when_clocks_change(
    exchange: Exchange, at: str, later: str
) -> None:
    await exchange.campaign(caps=Caps(day=1))
    end = datetime.fromisoformat(later)
    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        assert (await exchange.submit(1)).code == 1
    with time_machine.travel(end, tick=False):
        result = await exchange.submit(2)
        assert (result.code, result.errors) == (-4, ("Campaign cap reached (day)",))
    with time_machine.travel(end + timedelta(minutes=1), tick=False):
        assert (await exchange.submit(3)).code == 1


async def test_a_full_cap_is_told_before_a_duplicate(exchange: Exchange) -> None:
    await exchange.campaign(caps=Caps(total=1))
    assert (await exchange.submit(1)).code == 1
    assert (await exchange.submit(1)).code == -4
