"""The rows of visitors, touches and addresses."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from leadyard.kit.paging import Created, Page
from leadyard.people.rows import credit_of
from leadyard.storage.arrays import BIGINT, BOOLEAN, BYTEA, SMALLINT, TEXT, TIMESTAMPTZ, Column, Table, uuids
from leadyard.storage.counters import ids_in_order, take_ids
from leadyard.storage.database import Connection, Row, database_of
from leadyard.tracking.model import KeptTouch, Visitor

_OPTIONAL_UUID: Column = ("uuid", lambda values: "{" + ",".join(v.hex if v else "NULL" for v in values) + "}")

_SELECT = """
SELECT v.*, u.url AS url, r.url AS referrer,
  c.at AS credited_at, c.subid AS credited_subid, c.source AS credited_source
FROM visitors v
LEFT JOIN addresses u ON u.account_id = v.account_id AND u.id = v.url_id
LEFT JOIN addresses r ON r.account_id = v.account_id AND r.id = v.referrer_id
LEFT JOIN touches c ON c.account_id = v.account_id AND c.id = v.credited_touch_id
WHERE v.account_id = $1
"""
_BY_CODE = f"{_SELECT} AND v.tracking_code = $2"
_BY_ID = f"{_SELECT} AND v.id = $2"
_LOCK_BY_CODES = f"{_SELECT} AND v.tracking_code = ANY($2::text[]) ORDER BY v.id FOR UPDATE OF v"
_BY_IDS = f"{_SELECT} AND v.id = ANY($2::bigint[])"
_OF_PERSON = f"{_SELECT} AND v.person_id = $2 ORDER BY v.id DESC LIMIT $3"

_PAGE = (
    "WITH chosen AS MATERIALIZED ("
    "SELECT id FROM visitors WHERE account_id = $1 AND NOT is_bot"
    " AND created_at >= coalesce($2::timestamptz, '-infinity') AND created_at < coalesce($3::timestamptz, 'infinity')"
    " ORDER BY {order} LIMIT $4 OFFSET $5)"
    f" {_SELECT} AND v.id IN (SELECT id FROM chosen) ORDER BY "
    "{outer}"
)

_COUNT = """
SELECT count(*) FROM visitors WHERE account_id = $1 AND NOT is_bot
  AND created_at >= coalesce($2::timestamptz, '-infinity') AND created_at < coalesce($3::timestamptz, 'infinity')
"""

_PEOPLE_OF = """
SELECT DISTINCT person_id FROM visitors
WHERE account_id = $1 AND tracking_code = ANY($2::text[]) AND person_id IS NOT NULL
"""

_NEW = Table(
    id=BIGINT, tracking_code=TEXT, url_id=BIGINT, referrer_id=BIGINT, search_term=TEXT, is_bot=BOOLEAN, at=TIMESTAMPTZ
)  # fmt: skip
_INSERT = f"""
INSERT INTO visitors (account_id, id, tracking_code, url_id, referrer_id, search_term, is_bot, created_at, updated_at)
SELECT $1, id, tracking_code, url_id, referrer_id, search_term, is_bot, at, at
FROM {_NEW.source(2, "n")}
ORDER BY tracking_code
ON CONFLICT (account_id, tracking_code) DO NOTHING
RETURNING tracking_code
"""

_CHANGED = Table(
    id=BIGINT, person_id=BIGINT, affiliate_id=BIGINT, traffic_campaign_id=BIGINT, credited_touch_id=BIGINT,
    latest_click=TIMESTAMPTZ, updated_at=TIMESTAMPTZ,
)  # fmt: skip
_UPDATE = f"""
UPDATE visitors v SET person_id = n.person_id, affiliate_id = n.affiliate_id,
  traffic_campaign_id = n.traffic_campaign_id, credited_touch_id = n.credited_touch_id,
  latest_click = n.latest_click, updated_at = n.updated_at
FROM {_CHANGED.source(2, "n")}
WHERE v.account_id = $1 AND v.id = n.id
"""

_TOUCHES = Table(
    id=BIGINT, visitor_id=BIGINT, person_id=BIGINT, event_id=_OPTIONAL_UUID, at=TIMESTAMPTZ, source=SMALLINT,
    code=TEXT, subid=TEXT, channel=TEXT, affiliate_id=BIGINT, traffic_campaign_id=BIGINT, url_id=BIGINT,
    referrer_id=BIGINT, origin_id=BIGINT, rule=SMALLINT, remote_ip=TEXT, agent=TEXT,
)  # fmt: skip
_INSERT_TOUCHES = f"""
INSERT INTO touches (account_id, {", ".join(_TOUCHES.names)})
SELECT $1, {", ".join(_TOUCHES.names)} FROM {_TOUCHES.source(2, "n")}
"""

# A sub-select that cannot become a join: a plan made while the table was small must not read all of a large one.
_KNOWN_EVENTS = """
SELECT e.id AS event_id FROM unnest($2::text::uuid[]) AS e (id)
WHERE (SELECT true FROM touches t WHERE t.account_id = $1 AND t.event_id = e.id LIMIT 1)
"""

_LATEST = """
SELECT coalesce(max(latest), 0) FROM (
  SELECT (SELECT max(id) FROM touches WHERE account_id = $1 AND visitor_id = v.id) AS latest
  FROM unnest($2::bigint[]) AS v (id)
  UNION ALL
  SELECT (SELECT max(id) FROM touches WHERE account_id = $1 AND person_id = p.id)
  FROM unnest($3::bigint[]) AS p (id)
) AS both_of_them
"""

_FIRSTS = """
SELECT p.id FROM unnest($2::bigint[]) AS p (id)
WHERE NOT EXISTS (
  SELECT FROM touches t WHERE t.account_id = $1 AND t.person_id = p.id
  AND (t.source <> 8 OR t.affiliate_id IS NOT NULL)
)
"""

_IS_WEIGHED = """
SELECT EXISTS (
  SELECT FROM touches WHERE account_id = $1 AND person_id = $2 AND (id = $3 OR origin_id = $3)
)
"""

_FIND_ADDRESSES = "SELECT id, digest FROM addresses WHERE account_id = $1 AND digest = ANY($2::bytea[])"
_ADDRESSES = Table(id=BIGINT, digest=BYTEA, url=TEXT)
_INSERT_ADDRESSES = f"""
INSERT INTO addresses (account_id, id, digest, url)
SELECT $1, id, digest, url FROM {_ADDRESSES.source(2, "n")} ORDER BY digest
ON CONFLICT (account_id, digest) DO NOTHING
"""


def visitor_of(row: Row) -> Visitor:
    """Read a visitor from its row, joined with its addresses and the touch of its credit."""
    return Visitor(
        account_id=row["account_id"],
        id=row["id"],
        tracking_code=row["tracking_code"],
        person_id=row["person_id"],
        url_id=row["url_id"],
        url=row["url"],
        referrer_id=row["referrer_id"],
        referrer=row["referrer"],
        search_term=row["search_term"],
        credit=credit_of(row),
        latest_click=row["latest_click"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        is_bot=row["is_bot"],
    )


async def find(
    connection: Connection,
    account_id: int,
    *,
    tracking_code: str | None = None,
    visitor_id: int | None = None,
) -> Visitor | None:
    """Find a visitor by its tracking code or by its id."""
    if tracking_code is not None:
        row = await connection.fetchrow(_BY_CODE, account_id, tracking_code)
    else:
        row = await connection.fetchrow(_BY_ID, account_id, visitor_id)
    return None if row is None else visitor_of(row)


async def by_ids(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, Visitor]:
    """Give visitors by their ids."""
    return {row["id"]: visitor_of(row) for row in await connection.fetch(_BY_IDS, account_id, ids)}


async def page(connection: Connection, account_id: int, created: Created, page: Page) -> list[Visitor]:
    """Give one page of visitors that are no bots: their ids from the index alone, then their rows."""
    rows = await connection.fetch(
        page_sql(page), account_id, created.since, created.before, page.limit, page.offset
    )
    return [visitor_of(row) for row in rows]


def page_sql(page: Page) -> str:
    """Write the statement of `page`."""
    direction = "DESC" if page.newest_first else "ASC"
    return _PAGE.format(order=page.order, outer=f"v.created_at {direction}, v.id {direction}")


async def of_person(connection: Connection, account_id: int, person_id: int, most: int) -> list[Visitor]:
    """Give the visitors of a person, newest first."""
    return [visitor_of(row) for row in await connection.fetch(_OF_PERSON, account_id, person_id, most)]


async def people_of(connection: Connection, account_id: int, codes: Collection[str]) -> list[int]:
    """Tell which people visitors belong to."""
    rows = await connection.fetch(_PEOPLE_OF, account_id, list(codes))
    return [row["person_id"] for row in rows]


async def lock_all(connection: Connection, account_id: int, codes: Collection[str]) -> dict[str, Visitor]:
    """Lock visitors by their tracking codes, in the order of their ids; unknown codes are left out."""
    rows = await connection.fetch(_LOCK_BY_CODES, account_id, list(codes))
    return {row["tracking_code"]: visitor_of(row) for row in rows}


async def insert(connection: Connection, account_id: int, visitors: Sequence[Visitor]) -> set[str]:
    """Write new visitors; gives the codes of those that nobody else has made meanwhile."""
    rows = [
        (v.id, v.tracking_code, v.url_id, v.referrer_id, v.search_term, v.is_bot, v.created_at)
        for v in visitors
    ]
    made = await connection.fetch(_INSERT, account_id, *_NEW.parameters(rows))
    return {row["tracking_code"] for row in made}


async def update(connection: Connection, account_id: int, visitors: Sequence[Visitor]) -> None:
    """Overwrite what changes of visitors that are locked."""
    rows = [
        (
            v.id, v.person_id, v.credit.affiliate_id, v.credit.traffic_campaign_id, v.credit.touch_id,
            v.latest_click, v.updated_at,
        )
        for v in visitors
    ]  # fmt: skip
    await connection.execute(_UPDATE, account_id, *_CHANGED.parameters(rows))


async def count(connection: Connection, account_id: int, created: Created) -> int:
    """Count visitors that are no bots."""
    return int(await connection.fetchval(_COUNT, account_id, created.since, created.before))


async def insert_touches(connection: Connection, account_id: int, kept: Sequence[KeptTouch]) -> None:
    """Write touches."""
    rows = [
        (
            k.touch.id, k.touch.visitor_id, k.touch.person_id, k.event_id, k.touch.at, int(k.touch.source),
            k.touch.code, k.touch.subid, k.channel, k.touch.credit.affiliate_id,
            k.touch.credit.traffic_campaign_id, k.url_id, k.referrer_id, k.touch.origin_id, k.rule, k.remote_ip,
            k.agent,
        )
        for k in kept
    ]  # fmt: skip
    await connection.execute(_INSERT_TOUCHES, account_id, *_TOUCHES.parameters(rows))


async def known_events(connection: Connection, account_id: int, ids: Iterable[UUID]) -> set[UUID]:
    """Tell which events have left a touch already."""
    rows = await connection.fetch(_KNOWN_EVENTS, account_id, uuids(ids))
    return {UUID(bytes=row["event_id"].bytes) for row in rows}


async def touch_ids(
    connection: Connection,
    account_id: int,
    count: int,
    *,
    visitors: Collection[int] = (),
    people: Collection[int] = (),
) -> range:
    """Take ids for touches of visitors and people that are locked: greater than those of all their touches."""
    latest = await connection.fetchval(_LATEST, account_id, list(visitors), list(people))
    return await take_ids(connection, account_id, "touches", count, above=latest)


async def untouched(connection: Connection, account_id: int, people: Collection[int]) -> set[int]:
    """Tell which people have no touch yet that counts as their first (attribution.counts_as_first)."""
    if not people:
        return set()
    return {row["id"] for row in await connection.fetch(_FIRSTS, account_id, list(people))}


async def is_weighed(connection: Connection, account_id: int, person_id: int, touch_id: int) -> bool:
    """Tell whether a touch, or one that hands on its credit, is among a person's."""
    return bool(await connection.fetchval(_IS_WEIGHED, account_id, person_id, touch_id))


async def address_ids(connection: Connection, account_id: int, urls: Collection[str]) -> dict[str, int]:
    """Give the ids of addresses, making those that are new.

    They are made beside the unit of work: an address is true whatever becomes of the visit, and so no unit of work
    waits for another's.
    """
    digests = {digest_of(url): url for url in urls}
    if not digests:
        return {}
    found = await _found(connection, account_id, digests)
    missing = sorted(digests.keys() - found.keys())
    if missing:
        ids = await take_ids(connection, account_id, "addresses", len(missing))
        rows = [(new, digest, digests[digest]) for new, digest in zip(ids, missing, strict=True)]
        async with database_of(connection).beside() as other:
            await other.execute(_INSERT_ADDRESSES, account_id, *_ADDRESSES.parameters(rows))
        found |= await _found(connection, account_id, missing)
    return {url: found[digest] for digest, url in digests.items()}


async def _found(connection: Connection, account_id: int, digests: Iterable[bytes]) -> dict[bytes, int]:
    rows = await connection.fetch(_FIND_ADDRESSES, account_id, list(digests))
    return {row["digest"]: row["id"] for row in rows}


def digest_of(url: str) -> bytes:
    """Shorten an address to what it is looked up by: 16 bytes."""
    return hashlib.sha256(url.encode()).digest()[:16]


async def visitor_ids(connection: Connection, account_id: int, count: int) -> range:
    """Take ids for new visitors."""
    return await ids_in_order(connection, account_id, "visitors", count)


async def time_zone(connection: Connection, account_id: int) -> str:
    """Tell the time zone in which the account's days begin."""
    return str(await connection.fetchval("SELECT time_zone FROM accounts WHERE id = $1", account_id))
