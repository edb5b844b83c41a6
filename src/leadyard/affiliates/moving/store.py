"""The statements about moves, and which rows there are which rows here."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from leadyard.affiliates.moving.wire import Resource
from leadyard.storage.database import Connection

Ranges = tuple[tuple[int, int], ...]


class Progress(msgspec.Struct, frozen=True):
    """How far a resource has come: the page to go on with, and the ids that are set apart for it."""

    next_page: int = 1
    ranges: Ranges = ()
    is_done: bool = False

    @property
    def first_page(self) -> int:
        """Tell where to begin: where a first run was cut short; a later one looks for changes from the start."""
        return 1 if self.is_done else self.next_page


class Kept(msgspec.Struct, frozen=True):
    """A row there under its id here; `is_made` False for what was here before, `awaits` as in the table."""

    their_id: int
    our_id: int
    is_made: bool = True
    awaits: str | None = None


_MAKE = """
INSERT INTO moves (account_id, source, resource, ranges) VALUES ($1, $2, $3, '[]') ON CONFLICT DO NOTHING
"""
_LOCK = """
SELECT next_page, ranges, done_at IS NOT NULL AS is_done FROM moves WHERE account_id = $1 AND source = $2 AND resource = $3 FOR UPDATE
"""
_SAVE_PAGE = """
UPDATE moves SET next_page = $4, done_at = CASE WHEN $5 THEN now() ELSE done_at END
WHERE account_id = $1 AND source = $2 AND resource = $3
"""
_SAVE_RANGES = "UPDATE moves SET ranges = $4 WHERE account_id = $1 AND source = $2 AND resource = $3"
_KNOWN = """
SELECT their_id, our_id, is_made, awaits FROM moved_rows
WHERE account_id = $1 AND source = $2 AND resource = $3 AND their_id = ANY($4::bigint[])
"""
_REMEMBER = """
INSERT INTO moved_rows (account_id, source, resource, their_id, our_id, is_made, awaits)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_AWAITING = """
SELECT their_id, our_id, is_made, awaits FROM moved_rows
WHERE account_id = $1 AND source = $2 AND resource = $3 AND awaits IS NOT NULL AND their_id > $4
ORDER BY their_id LIMIT $5
"""
_CONTENT = """
UPDATE moved_rows SET awaits = NULL
WHERE account_id = $1 AND source = $2 AND resource = $3 AND their_id = ANY($4::bigint[])
"""
_LATEST_VISITORS = """
WITH arrived AS (
  UPDATE moved_rows l SET awaits = NULL FROM moved_rows v
  WHERE l.account_id = $1 AND l.source = $2 AND l.resource = 'leads' AND l.awaits = ANY($3::text[])
    AND v.account_id = $1 AND v.source = $2 AND v.resource = 'visitors' AND v.their_id = l.awaits::bigint
  RETURNING l.our_id AS person_id, v.our_id AS visitor_id
)
UPDATE people p SET latest_visitor_id = arrived.visitor_id FROM arrived
WHERE p.account_id = $1 AND p.id = arrived.person_id AND p.latest_visitor_id IS NULL
"""
_KNOWN_CODES = "SELECT code_key FROM affiliate_codes WHERE account_id = $1 AND code_key = ANY($2::text[])"
# A dashboard is found by its token alone, so that no two affiliates of any accounts may share one.
_DASHBOARD_IS_TAKEN = """
SELECT EXISTS (SELECT FROM affiliates WHERE account_id = $1 AND dashboard_token = $2)
  OR EXISTS (SELECT FROM affiliates WHERE account_id <> $1 AND dashboard_token = $2)
"""
_COUNT = """
SELECT count(*) FROM moved_rows m WHERE m.account_id = $1 AND m.source = $2 AND m.resource = $3
  AND EXISTS (SELECT FROM {table} r WHERE r.account_id = $1 AND r.id = m.our_id)
"""
_COUNTS = {
    Resource.AFFILIATES: _COUNT.format(table="affiliates"),
    Resource.CAMPAIGNS: _COUNT.format(table="traffic_campaigns"),
    Resource.LEADS: _COUNT.format(table="people"),
    Resource.VISITORS: _COUNT.format(table="visitors"),
    Resource.PURCHASES: _COUNT.format(table="purchases"),
    Resource.COMMISSIONS: _COUNT.format(table="commissions"),
}


async def lock(connection: Connection, account_id: int, source: str, resource: Resource) -> Progress:
    """Give how far a resource has come, and keep every other process from going on with it."""
    await connection.execute(_MAKE, account_id, source, resource)
    row = await connection.fetchrow(_LOCK, account_id, source, resource)
    return Progress() if row is None else msgspec.convert(dict(row), Progress)


async def save_page(
    connection: Connection, account_id: int, source: str, resource: Resource, next_page: int, *, is_done: bool
) -> None:
    """Keep the page to go on with."""
    await connection.execute(_SAVE_PAGE, account_id, source, resource, next_page, is_done)


async def save_ranges(
    connection: Connection, account_id: int, source: str, resource: Resource, ranges: Ranges
) -> None:
    """Keep the ids that are set apart."""
    await connection.execute(_SAVE_RANGES, account_id, source, resource, ranges)


async def known(
    connection: Connection, account_id: int, source: str, resource: Resource, ids: Collection[int]
) -> dict[int, Kept]:
    """Give what is known of rows there, by their ids."""
    rows = await connection.fetch(_KNOWN, account_id, source, resource, list(ids)) if ids else []
    return {row["their_id"]: Kept(**dict(row)) for row in rows}


async def remember(
    connection: Connection, account_id: int, source: str, resource: Resource, rows: Iterable[Kept]
) -> None:
    """Keep under which ids rows are here."""
    values = [
        (account_id, source, resource, row.their_id, row.our_id, row.is_made, row.awaits) for row in rows
    ]
    if values:
        await connection.executemany(_REMEMBER, values)


async def awaiting(
    connection: Connection, account_id: int, source: str, resource: Resource, after: int, most: int
) -> list[Kept]:
    """Give rows that await something, in the order of their ids there."""
    rows = await connection.fetch(_AWAITING, account_id, source, resource, after, most)
    return [Kept(**dict(row)) for row in rows]


async def content(
    connection: Connection, account_id: int, source: str, resource: Resource, ids: Sequence[int]
) -> None:
    """Let rows await nothing more."""
    await connection.execute(_CONTENT, account_id, source, resource, ids)


async def set_latest_visitors(
    connection: Connection, account_id: int, source: str, visitors: Iterable[int]
) -> None:
    """Give people the latest visitors that they awaited, by the visitors' ids there."""
    await connection.execute(_LATEST_VISITORS, account_id, source, [str(their_id) for their_id in visitors])


async def known_codes(connection: Connection, account_id: int, keys: Collection[str]) -> set[str]:
    """Tell which codes, as they are compared, are affiliates' here."""
    rows = await connection.fetch(_KNOWN_CODES, account_id, list(keys))
    return {row["code_key"] for row in rows}


async def is_token_taken(connection: Connection, account_id: int, token: str) -> bool:
    """Tell whether a dashboard has this token already, whosever it is."""
    return bool(await connection.fetchval(_DASHBOARD_IS_TAKEN, account_id, token))


async def counts(connection: Connection, account_id: int, source: str) -> Mapping[Resource, int]:
    """Count the rows there that are here, by resource."""
    return {
        resource: int(await connection.fetchval(sql, account_id, source, resource))
        for resource, sql in _COUNTS.items()
    }
