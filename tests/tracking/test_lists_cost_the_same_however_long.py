"""A page of visitors or people reads as much of a hundred thousand rows as of a thousand."""

import itertools
import re

import pytest
from tests.exchange import Exchange, new_exchange
from tests.tracking.conftest import START

from leadyard.kit.paging import Created, Page
from leadyard.people import service as people
from leadyard.people.model import PeopleFilter
from leadyard.people.store import page_query
from leadyard.storage import tallies
from leadyard.storage.database import Connection, Database, compiled
from leadyard.tracking import service as tracking
from leadyard.tracking import store

_VISITORS = """
INSERT INTO visitors (account_id, id, tracking_code, created_at, updated_at)
SELECT $1, n, 't-' || n, $3::timestamptz + n * interval '20 seconds', $3 FROM generate_series(1, $2::bigint) AS n
"""
_PEOPLE = """
INSERT INTO people (account_id, id, uuid, email, email_key, profile, created_at, updated_at)
SELECT $1, n, gen_random_uuid(), n || '@example.com', n || '@example.com', '{}',
  $3::timestamptz + n * interval '20 seconds', $3 FROM generate_series(1, $2::bigint) AS n
"""
_TALLY = """
INSERT INTO tallies (account_id, what, day, slot, count)
SELECT account_id, $2, (created_at AT TIME ZONE 'UTC')::date, 0, count(*) FROM {table} WHERE account_id = $1
GROUP BY 1, 3
"""
FEW, MANY = 1_000, 100_000
OFFSETS = (9_900, 10_000, 50_000, MANY - 100, MANY - 50, MANY, 5_000_000)


async def filled(database: Database, slug: str, count: int) -> Exchange:
    exchange = await new_exchange(database, {"slug": slug, "takes_other_hosts": False})
    async with database.connection() as connection:
        for table, sql in (("visitors", _VISITORS), ("people", _PEOPLE)):
            await connection.execute(sql, exchange.account_id, count, START)
            await connection.execute(_TALLY.format(table=table), exchange.account_id, table)
    return exchange


@pytest.fixture
async def accounts(database: Database) -> tuple[Exchange, Exchange]:
    """One account with few visitors and people, one with a hundred times as many."""
    both = await filled(database, "few", FEW), await filled(database, "many", MANY)
    async with database.connection() as connection:
        await connection.execute("VACUUM ANALYZE visitors, people, tallies")
    return both


async def buffers(connection: Connection, sql: str, *values: object) -> int:
    """How many pages a statement looked at."""
    plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", *values)
    found = next(line[0] for line in plan if "Buffers:" in line[0])
    return sum(int(number) for number in re.findall(r"(?:hit|read)=(\d+)", found))


async def of_visitors(connection: Connection, account_id: int, page: Page, created: Created) -> int:
    return await buffers(
        connection, store.page_sql(page), account_id, created.since, created.before, page.limit, page.offset
    )


async def of_people(connection: Connection, account_id: int, page: Page, created: Created) -> int:
    sql, values = compiled(page_query(account_id, PeopleFilter(created=created), page))
    return await buffers(connection, sql, *values)


async def test_a_page_costs_the_same_and_a_far_one_no_more_than_a_day(
    database: Database, accounts: tuple[Exchange, Exchange]
) -> None:
    few, many = accounts
    async with database.connection() as connection:
        for what, look in (("visitors", of_visitors), ("people", of_people)):
            for page in (Page(100, offset, newest) for offset in (0, FEW - 100) for newest in (True, False)):
                small = await look(connection, few.account_id, page, Created())
                large = await look(connection, many.account_id, page, Created())
                # An index of a hundred times as many rows is one level deeper.
                assert large <= small * 1.5 + 110, (what, page, small, large)
            for newest in (True, False):
                near = await look(connection, many.account_id, Page(100, 4_400, newest), Created())
                created, page = await tallies.near(
                    connection, many.account_id, what, Page(100, MANY - 100, newest)
                )
                assert page.offset < 86_400 / 20
                assert await look(connection, many.account_id, page, created) <= near * 2


async def test_far_pages_are_the_pages_they_should_be(
    database: Database, accounts: tuple[Exchange, Exchange]
) -> None:
    _, many = accounts
    for newest_first, offset in itertools.product((True, False), OFFSETS):
        page = Page(100, offset, newest_first)
        ids = range(MANY, 0, -1) if newest_first else range(1, MANY + 1)
        expected = list(ids[offset : offset + 100])
        async with database.connection() as connection:
            visitors = await tracking.page(connection, many.account_id, page)
            found = await people.page(connection, many.account_id, PeopleFilter(), page)

        assert [visitor.id for visitor in visitors] == expected
        assert [person.id for person in found] == expected
    async with database.connection() as connection:
        assert await tracking.count(connection, many.account_id) == MANY
