"""An ordinary batch is written by one statement, and ends as if each lead had been decided step by step."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from tests.exchange import Exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import SupplierInput
from leadyard.campaigns.model import Caps, Dedupe, SupplierTerms
from leadyard.intake import express_store
from leadyard.intake.express_store import ExpressRows
from leadyard.intake.model import IntakeResult
from leadyard.kit.errors import UnavailableError
from leadyard.storage.database import Connection

Written = set[UUID] | None


async def together(exchange: Exchange, numbers: list[int], **changes: Any) -> list[IntakeResult]:
    return list(await asyncio.gather(*(exchange.submit(number, **changes) for number in numbers)))


def codes(results: list[IntakeResult]) -> Counter[int]:
    return Counter(result.code for result in results)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Written]:
    """What each statement for a whole batch came to."""
    seen: list[Written] = []
    write = express_store.write

    async def watched(connection: Connection, rows: ExpressRows, now: datetime, cutoff: datetime) -> Written:
        seen.append(await write(connection, rows, now, cutoff))
        return seen[-1]

    monkeypatch.setattr(express_store, "write", watched)
    return seen


async def test_new_leads_are_written_counted_and_queued_by_one_statement(
    exchange: Exchange, statements: list[Written]
) -> None:
    await exchange.campaign(caps=Caps(day=1000, total=1000))
    await exchange.submit(0)
    statements.clear()
    results = await together(exchange, list(range(1, 41)))
    assert codes(results) == {1: 40}
    assert sum(result is not None for result in statements) == len(statements) <= 2
    assert len(await exchange.rows("delivery_jobs")) == 41
    assert len(await exchange.rows("dedupe_claims")) == 82
    assert {row["used"] for row in await exchange.rows("cap_counters")} == {41}
    assert sum(row["pending"] for row in await exchange.rows("lead_deltas")) == 41
    assert await exchange.differences() == []


async def test_a_taken_key_leaves_the_others_of_its_batch_alone(
    exchange: Exchange, statements: list[Written]
) -> None:
    await exchange.campaign(caps=Caps(day=1000))
    await together(exchange, [1, 2, 3])
    statements.clear()
    results = await together(exchange, [1, 2, 3, 4, 5])
    assert [result.code for result in results] == [-2, -2, -2, 1, 1]
    assert any(statements), "the taken keys were told by the statement"
    assert [row["used"] for row in await exchange.rows("cap_counters")] == [5]
    assert sum(row["invalid"] for row in await exchange.rows("lead_deltas")) == 3
    assert await exchange.differences() == []


async def test_of_equal_leads_in_one_batch_the_first_gets_in(exchange: Exchange) -> None:
    await exchange.campaign()
    results = await together(exchange, [7, 8, 7, 7])
    assert [result.code for result in results] == [1, 1, -2, -2]


async def test_refused_leads_are_kept_beside_accepted_ones_and_use_no_cap(exchange: Exchange) -> None:
    await exchange.campaign(caps=Caps(day=10))
    bad = {"email": "nobody"}
    results = await asyncio.gather(exchange.submit(1), exchange.submit(2, values=bad), exchange.submit(3))
    assert [result.code for result in results] == [1, -5, 1]
    assert [row["used"] for row in await exchange.rows("cap_counters")] == [2]
    assert await exchange.differences() == []


async def test_a_full_cap_sends_the_batch_the_long_way_to_the_exact_limit(
    exchange: Exchange, statements: list[Written]
) -> None:
    await exchange.campaign(caps=Caps(day=25))
    assert codes(await together(exchange, list(range(40)))) == {1: 25, -4: 15}
    assert None in statements, "a batch that a cap cuts through is not written as a whole"
    assert [row["used"] for row in await exchange.rows("cap_counters")] == [25]
    assert await exchange.differences() == []


async def test_each_window_of_a_mixed_batch_is_its_own(exchange: Exchange) -> None:
    await exchange.campaign("CARS")
    await exchange.campaign("VANS", dedupe=Dedupe(fields=("email",), window_hours=1))
    submissions = [exchange.submit(n, campaign=name) for n in range(5) for name in ("CARS", "VANS")]
    assert codes(list(await asyncio.gather(*submissions))) == {1: 10}
    assert codes(await together(exchange, [0], campaign="VANS")) == {-2: 1}


async def test_leads_of_several_suppliers_share_the_campaigns_cap(exchange: Exchange) -> None:
    campaign = await exchange.campaign(caps=Caps(day=30))
    other = await setup.suppliers.create(
        exchange.database, exchange.actor, SupplierInput(name="Other", sid="2")
    )
    terms = SupplierTerms(caps=Caps(day=5))
    await setup.put_terms(exchange.database, exchange.actor, campaign.id, other.id, terms)
    submissions = [exchange.submit(n, sid="1" if n % 2 else "2", principal=None) for n in range(20)]
    assert codes(list(await asyncio.gather(*submissions))) == {1: 15, -4: 5}
    used = {(row["owner_kind"], row["used"]) for row in await exchange.rows("cap_counters")}
    assert used == {(1, 15), (2, 5)}


async def test_quarantined_leads_hold_their_keys_but_no_place_in_a_cap(exchange: Exchange) -> None:
    await exchange.campaign(caps=Caps(day=1), quarantine=True)
    assert codes(await together(exchange, [1, 2, 3])) == {1: 3}
    assert [row["used"] for row in await exchange.rows("cap_counters")] in ([], [0])
    assert codes(await together(exchange, [1])) == {-2: 1}


async def test_a_campaign_that_changed_meanwhile_counts_at_once(exchange: Exchange) -> None:
    campaign = await exchange.campaign()
    assert codes(await together(exchange, [1])) == {1: 1}
    await setup.campaigns.archive(exchange.database, exchange.actor, campaign.id)
    assert codes(await together(exchange, [2, 3])) == {-9: 2}


async def test_a_batch_of_which_a_part_was_judged_by_an_older_version_is_not_written(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.campaign()
    write, written = express_store.write, []

    async def with_an_older_kind(
        connection: Connection, rows: ExpressRows, now: datetime, cutoff: datetime
    ) -> Written:
        account_id, version, *rest = rows.kinds[0]
        rows.kinds = [*rows.kinds, (account_id, version - 1, *rest)]
        rows.currencies = [*rows.currencies, rows.currencies[0]]
        written.append(await write(connection, rows, now, cutoff))
        return None

    monkeypatch.setattr(express_store, "write", with_an_older_kind)
    assert codes(await together(exchange, [1, 2])) == {1: 2}
    assert written == [None]
    assert len(await exchange.rows("leads")) == 2


async def test_a_statement_whose_answer_was_lost_is_found_not_repeated(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.campaign()
    await exchange.submit(0)
    write = express_store.write

    async def cut_off(connection: Connection, rows: ExpressRows, now: datetime, cutoff: datetime) -> Written:
        await write(connection, rows, now, cutoff)
        raise UnavailableError("the connection was lost")

    monkeypatch.setattr(express_store, "write", cut_off)
    assert [r.code for r in await together(exchange, [1, 2, 0])] == [1, 1, -2]
    assert len(await exchange.rows("leads", "code = 1")) == 3
    assert await exchange.differences() == []


async def test_a_statement_that_never_arrived_is_made_up_for(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.campaign()
    await exchange.submit(0)

    async def cut_off(*_: object) -> Written:
        raise UnavailableError("the connection was lost")

    monkeypatch.setattr(express_store, "write", cut_off)
    assert codes(await together(exchange, [1, 2])) == {1: 2}
    assert len(await exchange.rows("leads")) == 3
