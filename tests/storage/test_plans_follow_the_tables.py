"""Plans that were made while a table was small are not used when it has grown."""

from types import SimpleNamespace

import asyncpg
import pytest

from leadyard.storage import plans
from leadyard.storage.database import Database
from leadyard.storage.plans import Plans

_CREATE = "CREATE TABLE grown (id bigint PRIMARY KEY, times bigint NOT NULL) WITH (autovacuum_enabled = off)"
_FILL = "INSERT INTO grown SELECT n, 0 FROM generate_series($1::bigint, $2::bigint) AS n"
_RAISE = "UPDATE grown g SET times = times + 1 FROM unnest($1::bigint[]) AS row (id) WHERE g.id = row.id"
_IDS = list(range(1, 101))
_WHOLE_READS = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'grown'"


async def whole_reads_after_growing(dsn: str) -> int:
    """Raise rows of a table that has few, over and over, then fill it; gives how often one raise reads all of it."""
    connection = await asyncpg.connect(dsn)
    database = Database(dsn, size=1)
    await database.open()
    try:
        await connection.execute(_CREATE)
        await connection.execute(_FILL, 1, 20)
        async with database.connection() as ours:
            for _ in range(10):
                await ours.execute(_RAISE, _IDS)
        await connection.execute(_FILL, 21, 50_000)
        async with database.unit_of_work() as ours:
            before = await ours.fetchval(_WHOLE_READS)
            assert await ours.execute(_RAISE, _IDS) == "UPDATE 100"
            return int(await ours.fetchval(_WHOLE_READS) - before)
    finally:
        await database.close()
        await connection.execute("DROP TABLE grown")
        await connection.close()


@pytest.mark.parametrize(("first_renewal", "whole_reads"), [(0.0, 0), (3600.0, 1)])
async def test_a_batch_looks_its_rows_up_only_if_it_is_planned_anew_when_the_table_has_grown(
    dsn: str, monkeypatch: pytest.MonkeyPatch, first_renewal: float, whole_reads: int
) -> None:
    monkeypatch.setattr(plans, "_FIRST_SECONDS", first_renewal)
    assert await whole_reads_after_growing(dsn) == whole_reads


def test_plans_are_renewed_seldom_once_a_connection_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(plans, "time", SimpleNamespace(monotonic=lambda: now))
    kept = Plans()
    renewed = []
    for tenth in range(600):
        now = tenth / 10
        if kept.are_old():
            renewed.append(now)
    assert renewed == [0.5, 1.5, 3.5, 7.5, 15.5, 25.5, 35.5, 45.5, 55.5]
