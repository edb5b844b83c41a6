"""The rows of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from leadyard.kit.paging import Page
from leadyard.people.model import Credit, PeopleFilter, Person, Profile, email_key
from leadyard.people.rows import credit_of
from leadyard.storage.arrays import BIGINT, TEXT, TIMESTAMPTZ, UUIDS, Table
from leadyard.storage.database import Connection, Row, fetch
from leadyard.storage.tables.people import people as table
from leadyard.storage.tables.tracking import touches

_SELECT = """
SELECT p.*, c.at AS credited_at, c.subid AS credited_subid, c.source AS credited_source
FROM people p
LEFT JOIN touches c ON c.account_id = p.account_id AND c.id = p.credited_touch_id
WHERE p.account_id = $1
"""

_LOCK_BY_EMAIL = f"{_SELECT} AND p.email_key = $2 FOR UPDATE OF p"
_FIND_BY_EMAIL = f"{_SELECT} AND p.email_key = $2"
_FIND_BY_ID = f"{_SELECT} AND p.id = $2"
_LOCK_BY_IDS = f"{_SELECT} AND p.id = ANY($2::bigint[]) ORDER BY p.id FOR UPDATE OF p"

_EMAILS = "SELECT id, email FROM people WHERE account_id = $1 AND id = ANY($2)"

_INSERT = """
INSERT INTO people (account_id, id, uuid, email, email_key, profile, custom_status, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT (account_id, email_key) DO NOTHING
RETURNING id
"""

_SUBMITTERS = Table(id=BIGINT, uuid=UUIDS, email=TEXT, email_key=TEXT, profile=TEXT, at=TIMESTAMPTZ)
_INSERT_SUBMITTERS = f"""
INSERT INTO people (account_id, id, uuid, email, email_key, profile, created_at, updated_at, is_only_submitted)
SELECT $1, id, uuid, email, email_key, profile::jsonb, at, at, true FROM {_SUBMITTERS.source(2, "row")}
ON CONFLICT (account_id, email_key) DO NOTHING
RETURNING created_at
"""

_UPDATE = """
UPDATE people SET email = $3, email_key = $4, profile = $5, custom_status = $6, first_visitor_id = $7,
  latest_visitor_id = $8, affiliate_id = $9, traffic_campaign_id = $10, credited_touch_id = $11,
  standing_purchases = $12, updated_at = $13, is_only_submitted = $14
WHERE account_id = $1 AND id = $2
"""

_SUBMISSIONS = """
SELECT id, uuid, campaign_id, received_at, system_status, sale_status FROM leads
WHERE account_id = $1 AND email_key = $2 ORDER BY id DESC LIMIT $3
"""

_CREDITS = Table(
    id=BIGINT, affiliate_id=BIGINT, traffic_campaign_id=BIGINT, credited_touch_id=BIGINT, at=TIMESTAMPTZ
)
_UPDATE_CREDITS = f"""
UPDATE people p SET affiliate_id = n.affiliate_id, traffic_campaign_id = n.traffic_campaign_id,
  credited_touch_id = n.credited_touch_id, updated_at = n.at
FROM {_CREDITS.source(2, "n")}
WHERE p.account_id = $1 AND p.id = n.id
"""


def person_of(row: Row) -> Person:
    """Read a person from its row."""
    return Person(
        account_id=row["account_id"],
        id=row["id"],
        uuid=row["uuid"],
        email=row["email"],
        profile=msgspec.convert(row["profile"], Profile),
        custom_status=row["custom_status"],
        first_visitor_id=row["first_visitor_id"],
        latest_visitor_id=row["latest_visitor_id"],
        credit=credit_of(row),
        standing_purchases=row["standing_purchases"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        is_only_submitted=row["is_only_submitted"],
    )


async def lock_by_email(connection: Connection, account_id: int, key: str) -> Person | None:
    """Find the person of an address and keep everybody else from changing it."""
    row = await connection.fetchrow(_LOCK_BY_EMAIL, account_id, key)
    return None if row is None else person_of(row)


async def lock_all(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, Person]:
    """Lock people in the order of their ids; those that do not exist are left out."""
    rows = await connection.fetch(_LOCK_BY_IDS, account_id, sorted(ids))
    return {row["id"]: person_of(row) for row in rows}


async def find_by_email(connection: Connection, account_id: int, key: str) -> Person | None:
    """Find the person of an address."""
    row = await connection.fetchrow(_FIND_BY_EMAIL, account_id, key)
    return None if row is None else person_of(row)


async def find_by_id(connection: Connection, account_id: int, person_id: int) -> Person | None:
    """Find a person."""
    row = await connection.fetchrow(_FIND_BY_ID, account_id, person_id)
    return None if row is None else person_of(row)


async def insert(connection: Connection, person: Person) -> bool:
    """Write a new person; False when the address has a person already, which another unit of work made meanwhile."""
    made = await connection.fetchval(
        _INSERT,
        person.account_id,
        person.id,
        person.uuid,
        person.email,
        None if person.email is None else email_key(person.email),
        person.profile,
        person.custom_status,
        person.created_at,
    )
    return made is not None


async def insert_submitters(
    connection: Connection, account_id: int, made: Sequence[tuple[int, UUID, str, str, str, datetime]]
) -> list[datetime]:
    """Write people that submissions tell of, as id, UUID, address, its key, profile in JSON and instant, in that order.

    Gives the instants of those that were new; an address that has a person by now is left alone.
    """
    rows = await connection.fetch(_INSERT_SUBMITTERS, account_id, *_SUBMITTERS.parameters(made))
    return [row["created_at"] for row in rows]


async def update(connection: Connection, person: Person) -> None:
    """Overwrite a person that is locked."""
    await connection.execute(
        _UPDATE,
        person.account_id,
        person.id,
        person.email,
        None if person.email is None else email_key(person.email),
        person.profile,
        person.custom_status,
        person.first_visitor_id,
        person.latest_visitor_id,
        person.credit.affiliate_id,
        person.credit.traffic_campaign_id,
        person.credit.touch_id,
        person.standing_purchases,
        person.updated_at,
        person.is_only_submitted,
    )


async def update_credits(
    connection: Connection, account_id: int, credits_: Sequence[tuple[int, Credit]], at: datetime
) -> None:
    """Overwrite who is credited with people that are locked."""
    rows = [(i, c.affiliate_id, c.traffic_campaign_id, c.touch_id, at) for i, c in credits_]
    await connection.execute(_UPDATE_CREDITS, account_id, *_CREDITS.parameters(rows))


async def page(connection: Connection, account_id: int, wanted: PeopleFilter, page: Page) -> list[Person]:
    """Give one page of people: their ids from the index alone, then their rows."""
    return [person_of(row) for row in await fetch(connection, page_query(account_id, wanted, page))]


def page_query(account_id: int, wanted: PeopleFilter, page: Page) -> sa.Select[Any]:
    """Compose the query of `page`."""
    found = _where(sa.select(table.c.account_id, table.c.id), account_id, wanted)
    chosen = found.order_by(*_order(page)).limit(page.limit).offset(page.offset).subquery("chosen")
    c = touches.alias("c")
    return (
        sa.select(
            table, c.c.at.label("credited_at"), c.c.subid.label("credited_subid"),
            c.c.source.label("credited_source"),
        )
        .select_from(
            chosen.join(table, sa.and_(table.c.account_id == account_id, table.c.id == chosen.c.id)).outerjoin(
                c, sa.and_(c.c.account_id == account_id, c.c.id == table.c.credited_touch_id)
            )
        )
        .order_by(*_order(page))
    )  # fmt: skip


async def emails(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, str | None]:
    """Give the addresses of people."""
    return {row["id"]: row["email"] for row in await connection.fetch(_EMAILS, account_id, ids)}


async def count(connection: Connection, account_id: int, wanted: PeopleFilter) -> int:
    """Count the people that a filter lets through."""
    query = _where(sa.select(sa.func.count().label("total")).select_from(table), account_id, wanted)
    return int((await fetch(connection, query))[0]["total"])


async def submissions(connection: Connection, account_id: int, key: str, most: int) -> list[Row]:
    """Give the submissions of an address, newest first."""
    return list(await connection.fetch(_SUBMISSIONS, account_id, key, most))


def _where(query: sa.Select[Any], account_id: int, wanted: PeopleFilter) -> sa.Select[Any]:
    columns, created = table.c, wanted.created
    conditions = [columns.account_id == account_id]
    if wanted.email is not None:
        conditions.append(columns.email_key == email_key(wanted.email))
    if wanted.affiliate_id is not None:
        conditions.append(columns.affiliate_id == wanted.affiliate_id)
    if wanted.traffic_campaign_id is not None:
        conditions.append(columns.traffic_campaign_id == wanted.traffic_campaign_id)
    if created.since is not None:
        conditions.append(columns.created_at >= created.since)
    if created.before is not None:
        conditions.append(columns.created_at < created.before)
    return query.where(*conditions)


def _order(page: Page) -> tuple[Any, Any]:
    if page.newest_first:
        return table.c.created_at.desc(), table.c.id.desc()
    return table.c.created_at.asc(), table.c.id.asc()
