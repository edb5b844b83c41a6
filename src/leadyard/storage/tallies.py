"""How many visitors, people and the like an account has, without counting them: sums of a few rows for each day.

The days also tell where a far page of a list begins, so that nobody counts rows up to it.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec

from leadyard.kit.paging import Created, Page
from leadyard.storage.database import Connection

SLOTS = 4
"""Writers spread over so many rows of a day, so that they seldom wait for each other."""
FAR = 10_000
"""Pages from this row on are found by the days."""

NO_DAY = date(1970, 1, 1)
"""For what is only counted, and never listed by its days."""

_ADD = """
INSERT INTO tallies (account_id, what, day, slot, count) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, what, day, slot) DO UPDATE SET count = tallies.count + $5
"""

_TOTAL = "SELECT coalesce(sum(count), 0)::bigint FROM tallies WHERE account_id = $1 AND what = $2"

_DAYS = """
SELECT day, sum(count)::bigint AS count FROM tallies WHERE account_id = $1 AND what = $2 GROUP BY day
"""


async def add(
    connection: Connection, account_id: int, what: str, count: int, made_at: datetime | None = None
) -> None:
    """Count more or fewer of something, in the unit of work that makes them so; `made_at` is what lists are ordered by."""
    if count:
        day = NO_DAY if made_at is None else made_at.astimezone(UTC).date()
        await connection.execute(_ADD, account_id, what, day, secrets.randbelow(SLOTS), count)


async def add_many(connection: Connection, account_id: int, what: str, made_at: Iterable[datetime]) -> None:
    """Count one more for each moment, in the order of the days."""
    days = Counter(moment.astimezone(UTC).date() for moment in made_at)
    for day, count in sorted(days.items()):
        await connection.execute(_ADD, account_id, what, day, secrets.randbelow(SLOTS), count)


async def total(connection: Connection, account_id: int, what: str) -> int:
    """Tell how many there are."""
    return int(await connection.fetchval(_TOTAL, account_id, what))


async def near(connection: Connection, account_id: int, what: str, page: Page) -> tuple[Created, Page]:
    """Give the same page of a list of all there are, but counted from the day on which it begins.

    Such a page costs what the day's rows cost, wherever in the list it is.
    """
    if page.offset < FAR:
        return Created(), page
    rows = await connection.fetch(_DAYS, account_id, what)
    days = sorted(((row["day"], row["count"]) for row in rows), reverse=page.newest_first)
    skipped, begin = 0, None
    for day, count in days:
        begin = day
        if skipped + count > page.offset:
            break
        skipped += count
    else:
        # Behind the end: the last day has no such row either.
        skipped -= days[-1][1] if days else 0
    nearer = msgspec.structs.replace(page, offset=page.offset - skipped)
    return _from(begin, newest_first=page.newest_first), nearer


def _from(day: date | None, *, newest_first: bool) -> Created:
    if day is None:
        return Created()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Created(before=midnight + timedelta(days=1)) if newest_first else Created(since=midnight)
