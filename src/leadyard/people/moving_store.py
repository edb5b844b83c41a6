"""The statements that write people as they were elsewhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from leadyard.people.model import Person, email_key
from leadyard.storage.database import Connection

_INSERT = """
INSERT INTO people (account_id, id, uuid, email, email_key, profile, custom_status, affiliate_id,
  traffic_campaign_id, credited_touch_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_BY_EMAILS = "SELECT id, email_key FROM people WHERE account_id = $1 AND email_key = ANY($2::text[])"
_BOUGHT = """
UPDATE people SET standing_purchases = standing_purchases + $3 WHERE account_id = $1 AND id = $2
"""
_FIRST_VISITOR = """
UPDATE people p SET first_visitor_id = $3 WHERE p.account_id = $1 AND p.id = $2
  AND NOT EXISTS (
    SELECT FROM visitors v WHERE v.account_id = $1 AND v.id = p.first_visitor_id AND (v.created_at, v.id) <= ($4, $3)
  )
"""


async def insert(connection: Connection, people: Sequence[Person]) -> None:
    """Write people with their credit, without visitors."""
    await connection.executemany(
        _INSERT,
        [
            (
                p.account_id, p.id, p.uuid, p.email, None if p.email is None else email_key(p.email), p.profile,
                p.custom_status, p.credit.affiliate_id, p.credit.traffic_campaign_id, p.credit.touch_id, p.created_at,
                p.updated_at,
            )
            for p in people
        ],
    )  # fmt: skip


async def by_emails(connection: Connection, account_id: int, keys: Collection[str]) -> dict[str, int]:
    """Give the ids of people by their addresses as they are compared."""
    rows = await connection.fetch(_BY_EMAILS, account_id, list(keys))
    return {row["email_key"]: row["id"] for row in rows}


async def add_purchases(connection: Connection, account_id: int, more: Mapping[int, int]) -> None:
    """Count more, or fewer, purchases that stand, by person."""
    await connection.executemany(
        _BOUGHT, [(account_id, person_id, count) for person_id, count in sorted(more.items()) if count]
    )


async def set_first_visitors(
    connection: Connection, account_id: int, first: Iterable[tuple[int, int, datetime]]
) -> None:
    """Give people their first visitor, with when it came, unless an earlier one is known."""
    await connection.executemany(_FIRST_VISITOR, [(account_id, *row) for row in sorted(first)])
