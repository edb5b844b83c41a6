"""Sent messages, decision traces and bids are removed when they are old, and nothing else is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tests.desk import Desk, new_desk
from tests.vault import VAULT

from leadyard.campaigns import service as setup
from leadyard.delivery.tracing import trace_of
from leadyard.kit import clock
from leadyard.kit.ids import new_uuid
from leadyard.replay.service import EvidenceGoneError, ReplayOrder, replay
from leadyard.retention.service import Pruner, Retention
from leadyard.storage.database import Database

NOW = datetime.now(UTC)
WAITING, SENT, DEAD = 0, 1, 2
SHORT = Retention(sent_message_days=30, trace_days=400)

_MESSAGES = """
INSERT INTO outbox (account_id, webhook_id, event, payload, state, due_at)
SELECT $1, $2, 'lead.sold', '{}', $3, $4 FROM generate_series(1, $5)
"""
_AUCTION = """
INSERT INTO auctions (account_id, id, campaign_id, lead_id, asked, bids, at, expires_at)
VALUES ($1, $2, 1, $3, '', '[]', $4, $5)
"""


@contextmanager
def ago(**span: float) -> Iterator[None]:
    with time_machine.travel(NOW - timedelta(**span), tick=True):
        yield


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def webhook(desk: Desk) -> int:
    document: Any = {"url": "https://hooks.example.com/", "status": "Inactive"}
    return (await setup.webhooks.create(desk.database, desk.actor, document)).id


async def queue(desk: Desk, hook: int, state: int, days: float, count: int = 1) -> None:
    async with desk.database.connection() as connection:
        due_at = NOW - timedelta(days=days)
        await connection.execute(_MESSAGES, desk.account_id, hook, state, due_at, count)


async def auction(desk: Desk, lead_id: int | None) -> None:
    async with desk.database.connection() as connection:
        at = clock.now()
        await connection.execute(_AUCTION, desk.account_id, new_uuid(), lead_id, at, at + timedelta(hours=1))


async def prune(desk: Desk, retention: Retention = SHORT) -> None:
    pruner = Pruner(desk.database, retention)
    while await pruner.prune():
        pass


async def evidence(desk: Desk) -> tuple[int, int, int]:
    """How many steps, auctions and decisions of attempts there are."""
    attempts = await desk.rows("delivery_attempts", "decision IS NOT NULL")
    return len(await desk.rows("decision_traces")), len(await desk.rows("auctions")), len(attempts)


async def old_and_young(desk: Desk) -> tuple[int, int]:
    """A lead that was sold long ago and one of yesterday, each with a step without an attempt and an auction."""
    with ago(days=401):
        campaign = await desk.campaign()
        await desk.delivery(campaign.id, await desk.buyer())
        (old,) = await desk.sold(1)
        await desk.leads.reprocess(desk.principal, [old])
        await desk.work()
        await auction(desk, old)
    with ago(days=1):
        (young,) = await desk.sold(2)
        await auction(desk, young)
    return old, young


async def test_only_messages_that_were_sent_long_ago_are_removed(desk: Desk) -> None:
    hook = await webhook(desk)
    for state in (WAITING, SENT, DEAD):
        for days in (29, 31):
            await queue(desk, hook, state, days)
    await prune(desk)
    left = [(row["state"], (NOW - row["due_at"]).days) for row in await desk.rows("outbox")]
    assert sorted(left) == [(WAITING, 29), (WAITING, 31), (SENT, 29), (DEAD, 29), (DEAD, 31)]


async def test_a_run_is_bounded_and_workers_share_the_work(desk: Desk) -> None:
    await queue(desk, await webhook(desk), SENT, 31, 25_000)
    assert await Pruner(desk.database, SHORT).prune()
    assert len(await desk.rows("outbox")) == 5_000
    other = Database(desk.dsn, size=4, vault=VAULT)
    await other.open()
    pruners = [Pruner(database, SHORT) for database in (desk.database, other)]
    await asyncio.gather(*(pruner.prune() for pruner in pruners))
    await other.close()
    assert await desk.rows("outbox") == []


async def test_decisions_and_bids_of_old_leads_are_removed_and_their_sales_stay(desk: Desk) -> None:
    old, young = await old_and_young(desk)
    _, auctions, decisions = await evidence(desk)
    assert auctions == 2
    await prune(desk)
    assert (await evidence(desk))[1] == 1
    assert (await evidence(desk))[2] < decisions
    assert all(
        row["lead_id"] == young for row in await desk.rows("delivery_attempts", "decision IS NOT NULL")
    )
    assert all(row["lead_id"] == young for row in await desk.rows("decision_traces"))
    assert (await desk.view(old)).lead.revenue == (await desk.view(young)).lead.revenue
    assert (await desk.view(old)).attempts
    assert await desk.differences() == []


async def test_a_trace_says_that_it_is_not_whole_any_more(desk: Desk) -> None:
    old, young = await old_and_young(desk)
    before = await trace_of(desk.database, desk.account_id, old, masked=False)
    assert before is not None
    assert before.steps
    assert not before.pruned
    await prune(desk)
    traces = [await trace_of(desk.database, desk.account_id, lead, masked=False) for lead in (old, young)]
    assert [(trace.pruned, bool(trace.steps)) for trace in traces if trace] == [(True, False), (False, True)]
    assert traces[0] is not None
    assert traces[0].attempts


async def test_a_replay_over_removed_evidence_is_refused(desk: Desk) -> None:
    await old_and_young(desk)
    current = await desk.configuration.reload(desk.account_id)
    everything = ReplayOrder(NOW - timedelta(days=402), NOW)
    assert (await replay(desk.database, current, everything)).leads == 2
    await prune(desk)
    with pytest.raises(EvidenceGoneError, match="Choose a later first day"):
        await replay(desk.database, current, everything)
    kept = await replay(desk.database, current, ReplayOrder(NOW - timedelta(days=400), NOW))
    assert (kept.leads, kept.other_ways) == (1, 0)


async def test_nothing_is_removed_when_it_is_kept_for_ever(desk: Desk) -> None:
    await old_and_young(desk)
    await queue(desk, await webhook(desk), SENT, 3000)
    before = await evidence(desk)
    await prune(desk, Retention(sent_message_days=0, trace_days=0))
    assert await evidence(desk) == before
    assert len(await desk.rows("outbox")) == 1


async def test_attempts_that_are_not_over_keep_their_decisions(desk: Desk) -> None:
    old, _ = await old_and_young(desk)
    async with desk.database.connection() as connection:
        await connection.execute(
            "UPDATE delivery_attempts SET state = 7 WHERE account_id = $1 AND lead_id = $2",
            desk.account_id,
            old,
        )
    await prune(desk)
    kept = await desk.rows("delivery_attempts", f"lead_id = {old} AND decision IS NOT NULL")
    assert kept


async def test_what_happened_late_to_an_old_lead_is_removed_in_a_later_pass(desk: Desk) -> None:
    old, _ = await old_and_young(desk)
    with ago(days=380):
        await auction(desk, old)
    with ago(days=0):
        await prune(desk)
    assert len(await desk.rows("auctions", f"lead_id = {old}")) == 1
    with ago(days=-31):
        await prune(desk)
        await prune(desk)
    assert await desk.rows("auctions", f"lead_id = {old}") == []


async def test_other_accounts_lose_nothing(desk: Desk, dsn: str, tmp_path: Path) -> None:
    other = await new_desk(desk.database, dsn, tmp_path, "other")
    await queue(other, await webhook(other), DEAD, 300)
    await queue(other, await webhook(other), SENT, 3)
    await old_and_young(desk)
    await prune(desk)
    assert len(await other.rows("outbox")) == 2
    assert [row["gone_before"] is None for row in await other.rows("retention_progress")] == [True]
