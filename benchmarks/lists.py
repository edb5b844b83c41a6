"""Pages of a list of very many visitors, against the same pages of a list of ten thousand.

Run with `python -m benchmarks.lists --rows 10000000`.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping

import click

from benchmarks import stage
from leadyard.identity import service as identity
from leadyard.kit.paging import Page
from leadyard.storage.database import Connection, Database
from leadyard.tracking import service as tracking

FEW = 10_000
LIMIT = 100
TIMES = 51
_BATCH = 500_000
_VISITORS = """
INSERT INTO visitors (account_id, id, tracking_code, created_at, updated_at)
SELECT $1::bigint, n, 't-' || n, '2020-01-01T00:00:00Z'::timestamptz + n * interval '20 seconds', now()
FROM generate_series($2::bigint, $3::bigint) AS n
"""
_TALLY = """
INSERT INTO tallies (account_id, what, day, slot, count)
SELECT account_id, 'visitors', (created_at AT TIME ZONE 'UTC')::date, 0, count(*) FROM visitors WHERE account_id = $1
GROUP BY 1, 3
"""

Look = Callable[[Connection, int], Awaitable[object]]


@click.command()
@click.option("--rows", default=1_000_000, type=click.IntRange(min=FEW), help="How long the long list is.")
def main(rows: int) -> None:
    """Measure what pages of a long list take, newest first, beside those of a short one."""
    with stage.fresh_database() as dsn:
        few, many = asyncio.run(_measured(dsn, rows))
    click.echo(f"{'':24}{FEW:>12,} rows{rows:>14,} rows")
    for name, short in few.items():
        click.echo(f"{name:24}{short:>14.2f} ms{many[name]:>16.2f} ms")


async def _measured(dsn: str, rows: int) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Fill two accounts and measure both; gives medians in milliseconds."""
    database = Database(dsn, size=2)
    await database.open()
    try:
        ids = [await _filled(database, slug, count) for slug, count in (("few", FEW), ("many", rows))]
        async with database.connection() as connection:
            await connection.execute("VACUUM ANALYZE visitors, tallies", timeout=600)
            return await _medians(connection, ids[0], FEW), await _medians(connection, ids[1], rows)
    finally:
        await database.close()


async def _filled(database: Database, slug: str, count: int) -> int:
    account = await identity.create_account(database, name=slug.title(), slug=slug, takes_other_hosts=False)
    async with database.connection() as connection:
        for first in range(1, count + 1, _BATCH):
            last = min(first + _BATCH - 1, count)
            await connection.execute(_VISITORS, account.id, first, last, timeout=600)
        await connection.execute(_TALLY, account.id, timeout=600)
    return account.id


async def _medians(connection: Connection, account_id: int, count: int) -> Mapping[str, float]:
    """Measure pages at the beginning, further on, in the middle and at the end, and the count."""
    looks = {
        "first page": _page(0),
        "page 51": _page(50 * LIMIT),
        "page in the middle": _page(count // 2),
        "last page": _page(count - LIMIT),
        "count": tracking.count,
    }
    return {name: await _median(connection, account_id, look) for name, look in looks.items()}


def _page(offset: int) -> Look:
    async def look(connection: Connection, account_id: int) -> object:
        found = await tracking.page(connection, account_id, Page(LIMIT, offset, newest_first=True))
        if len(found) != LIMIT:
            raise RuntimeError(f"a page has {len(found)} rows: the figures would not be of whole ones")
        return found

    return look


async def _median(connection: Connection, account_id: int, look: Look) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        await look(connection, account_id)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
