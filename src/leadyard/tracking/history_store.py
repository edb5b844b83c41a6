"""The touches of somebody, read back: for people who ask why, and for the audit."""

from leadyard.people.model import Credit
from leadyard.storage.database import Connection, Row
from leadyard.tracking.model import Touch, TouchSource

_TOUCHES_OF = """
SELECT t.*, u.url AS url, r.url AS referrer, o.at AS origin_at, o.subid AS origin_subid, o.source AS origin_source
FROM touches t
LEFT JOIN addresses u ON u.account_id = t.account_id AND u.id = t.url_id
LEFT JOIN addresses r ON r.account_id = t.account_id AND r.id = t.referrer_id
LEFT JOIN touches o ON o.account_id = t.account_id AND o.id = t.origin_id
WHERE t.account_id = $1
"""
_TOUCHES_OF_PERSON = f"{_TOUCHES_OF} AND t.person_id = $2 ORDER BY t.id DESC LIMIT $3 OFFSET $4"
_TOUCHES_OF_VISITOR = f"{_TOUCHES_OF} AND t.visitor_id = $2 ORDER BY t.id DESC LIMIT $3 OFFSET $4"
_TOUCH = f"{_TOUCHES_OF} AND t.id = $2"
_COUNT_TOUCHES = """
SELECT count(*) FROM touches WHERE account_id = $1 AND ($2::bigint IS NULL OR person_id = $2)
  AND ($3::bigint IS NULL OR visitor_id = $3)
"""


_HISTORY = """
SELECT t.*, t.{whose} AS whose, o.at AS origin_at, o.subid AS origin_subid
FROM touches t LEFT JOIN touches o ON o.account_id = t.account_id AND o.id = t.origin_id
WHERE t.account_id = $1 AND t.{whose} > $2 AND t.{whose} <= $3 AND ({also})
ORDER BY t.{whose}, t.id
"""
_HISTORY_OF_PEOPLE = _HISTORY.format(whose="person_id", also="true")
_HISTORY_OF_VISITORS = _HISTORY.format(whose="visitor_id", also="t.source <> 10")

_KEPT = """
SELECT id, affiliate_id, traffic_campaign_id, credited_touch_id FROM {table}
WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3
"""
_KEPT_PEOPLE = _KEPT.format(table="people")
_KEPT_VISITORS = _KEPT.format(table="visitors")


async def touches_of(
    connection: Connection,
    account_id: int,
    *,
    person_id: int | None = None,
    visitor_id: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    """Give the touches of a person or of a visitor with their addresses, latest first."""
    sql, whose = (_TOUCHES_OF_PERSON, person_id) if visitor_id is None else (_TOUCHES_OF_VISITOR, visitor_id)
    return list(await connection.fetch(sql, account_id, whose, limit, offset))


async def count_touches(
    connection: Connection, account_id: int, *, person_id: int | None = None, visitor_id: int | None = None
) -> int:
    """Count the touches of a person or of a visitor."""
    return int(await connection.fetchval(_COUNT_TOUCHES, account_id, person_id, visitor_id))


async def touch(connection: Connection, account_id: int, touch_id: int) -> Row | None:
    """Find a touch, with its addresses."""
    return await connection.fetchrow(_TOUCH, account_id, touch_id)


async def kept(connection: Connection, account_id: int, after: int, most: int, *, people: bool) -> list[Row]:
    """Give people, or visitors, behind an id in the order of their ids, each with the credit that is kept."""
    return list(await connection.fetch(_KEPT_PEOPLE if people else _KEPT_VISITORS, account_id, after, most))


async def history(
    connection: Connection, account_id: int, after: int, last: int, *, people: bool
) -> list[tuple[int, int, Touch]]:
    """Give the touches of people, or of visitors, behind one id up to another: whose, the settings' number, the touch."""
    sql = _HISTORY_OF_PEOPLE if people else _HISTORY_OF_VISITORS
    rows = await connection.fetch(sql, account_id, after, last)
    return [(row["whose"], row["rule"], touch_of(row)) for row in rows]


def touch_of(row: Row) -> Touch:
    """Read a touch from its row, joined with the one whose credit it hands on."""
    source, origin = TouchSource(row["source"]), row["origin_id"]
    credit = Credit(
        affiliate_id=row["affiliate_id"],
        traffic_campaign_id=row["traffic_campaign_id"],
        touch_id=row["id"] if source is not TouchSource.VISITOR else origin,
        at=row["at"] if source is not TouchSource.VISITOR else row["origin_at"],
        subid=row["subid"],
        is_manual=source is TouchSource.MANUAL,
    )
    return Touch(
        id=row["id"], at=row["at"], source=source, credit=credit, code=row["code"], subid=row["subid"],
        visitor_id=row["visitor_id"], person_id=row["person_id"], origin_id=origin,
    )  # fmt: skip
