"""How many visitors, people and the like an account has, without counting them: sums of a few rows for each day.

The days also tell where a far page of a list begins, so that nobody counts rows up to it.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from leadyard.kit.paging import Created, Page
from leadyard.storage.arrays import BIGINT, DATE, SMALLINT, TEXT, Table
from leadyard.storage.closing import Key, Sums
from leadyard.storage.database import Connection, closing_of

SLOTS = 4
"""Writers spread over so many rows of a day, so that they seldom wait for each other."""
FAR = 10_000
"""Pages from this row on are found by the days."""

NO_DAY = date(1970, 1, 1)
"""For what is only counted, and never listed by its days."""

_ROWS = Table(account_id=BIGINT, what=TEXT, day=DATE, slot=SMALLINT, count=BIGINT)
_ADD = f"""
INSERT INTO tallies ({", ".join(_ROWS.names)}) SELECT * FROM {_ROWS.source(1, "n")}
ON CONFLICT (account_id, what, day, slot) DO UPDATE SET count = tallies.count + excluded.count
"""

_TOTAL = "SELECT coalesce(sum(count), 0)::bigint FROM tallies WHERE account_id = $1 AND what = $2"

_DAYS = """
SELECT day, sum(count)::bigint AS count FROM tallies WHERE account_id = $1 AND what = $2 GROUP BY day
"""


async def _write(connection: Connection, sums: Mapping[Key, Sequence[int]]) -> None:
    slot = secrets.randbelow(SLOTS)
    rows = [(account_id, what, day, slot, *count) for (account_id, what, day), count in sums.items()]
    await connection.execute(_ADD, *_ROWS.parameters(rows))


_TALLIES = Sums("tallies", _write)


def add(
    connection: Connection, account_id: int, what: str, count: int, made_at: datetime | None = None
) -> None:
    """Count more or fewer of something at the end of the unit of work that makes them so; lists are ordered by `made_at`."""
    day = NO_DAY if made_at is None else made_at.astimezone(UTC).date()
    closing_of(connection).add(_TALLIES, (account_id, what, day), count)


def add_many(connection: Connection, account_id: int, what: str, made_at: Iterable[datetime]) -> None:
    """Count one more for each moment."""
    for day, count in Counter(moment.astimezone(UTC).date() for moment in made_at).items():
        closing_of(connection).add(_TALLIES, (account_id, what, day), count)


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
