"""A claim costs the same however many leads are waiting, and whatever the planner believes of the queue."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.exchange import Exchange, new_exchange

from leadyard.delivery import store
from leadyard.kit import clock
from leadyard.storage.database import Connection, Database

_TAKEN = 20
_FILL = """
INSERT INTO delivery_jobs (account_id, lead_id, delivery_id, due_at)
SELECT $1, number, 0, $2::timestamptz - number * interval '1 millisecond' FROM generate_series(1, $3::bigint) AS number
"""
_FORGET = """
DELETE FROM pg_statistic WHERE starelid = 'delivery_jobs'::regclass;
UPDATE pg_class SET reltuples = -1 WHERE oid = 'delivery_jobs'::regclass;
"""


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


async def _queue(connection: Connection, account_id: int, count: int, known: str) -> None:
    await connection.execute("TRUNCATE delivery_jobs")
    await connection.execute(_FORGET if known == "nothing" else "ANALYZE delivery_jobs")
    await connection.execute(_FILL, account_id, clock.now(), count)
    if known == "all":
        await connection.execute("ANALYZE delivery_jobs")


def _rows(node: dict[str, Any]) -> int:
    """Count the rows of the queue that a node of a plan looked at."""
    seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(seen * node["Actual Loops"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


@pytest.mark.parametrize("count", [5_000, 50_000])
@pytest.mark.parametrize("known", ["nothing", "that it was empty", "all"])
async def test_no_statement_reads_more_of_the_queue_than_it_takes(
    exchange: Exchange, database: Database, known: str, count: int
) -> None:
    now = clock.now() + timedelta(seconds=1)
    async with database.connection() as connection:
        await _queue(connection, exchange.account_id, count, known)
        for statement, values in (
            (store._DUE_ACCOUNTS, [now]),
            (store._CLAIM, [exchange.account_id, now, _TAKEN, 1]),
        ):
            found = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
            (explained,) = json.loads(found)
            read = [
                node for node in _nodes(explained["Plan"]) if node.get("Relation Name") == "delivery_jobs"
            ]
            assert read
            assert max(map(_rows, read)) <= _TAKEN, [(node["Node Type"], _rows(node)) for node in read]


async def test_the_leads_that_have_waited_longest_are_claimed_first(
    exchange: Exchange, dsn: str, database: Database
) -> None:
    campaign = await exchange.campaign()
    ids = [(await exchange.submit(number)).lead_id or 0 for number in range(6)]
    await exchange.delivery(campaign.id, await exchange.buyer("A"), "http://127.0.0.1:1/")
    async with database.unit_of_work() as connection:
        await connection.execute(
            "UPDATE delivery_jobs SET due_at = due_at - lead_id * interval '1 minute' WHERE account_id = $1",
            exchange.account_id,
        )
        rows = await store.claim(connection, exchange.account_id, clock.now(), 3, 1)
    assert sorted(row["id"] for row in rows) == sorted(ids)[-3:]
