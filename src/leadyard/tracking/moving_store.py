"""The statement that writes visitors as they were elsewhere."""

from collections.abc import Collection, Sequence

from leadyard.storage.database import Connection
from leadyard.tracking.model import Visitor

_INSERT = """
INSERT INTO visitors (account_id, id, tracking_code, person_id, url_id, referrer_id, search_term, affiliate_id,
  traffic_campaign_id, credited_touch_id, latest_click, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_BY_CODES = "SELECT id, tracking_code FROM visitors WHERE account_id = $1 AND tracking_code = ANY($2::text[])"

_GIVE = """
UPDATE visitors v SET person_id = n.person_id FROM unnest($2::bigint[], $3::bigint[]) AS n (id, person_id)
WHERE v.account_id = $1 AND v.id = n.id AND v.person_id IS NULL
RETURNING v.id
"""


async def insert(connection: Connection, visitors: Sequence[Visitor]) -> None:
    """Write visitors with their people and their credit."""
    await connection.executemany(
        _INSERT,
        [
            (
                v.account_id, v.id, v.tracking_code, v.person_id, v.url_id, v.referrer_id, v.search_term,
                v.credit.affiliate_id, v.credit.traffic_campaign_id, v.credit.touch_id, v.latest_click, v.created_at,
                v.updated_at,
            )
            for v in visitors
        ],
    )  # fmt: skip


async def by_codes(connection: Connection, account_id: int, codes: Collection[str]) -> dict[str, int]:
    """Give the ids of visitors by their tracking codes."""
    rows = await connection.fetch(_BY_CODES, account_id, list(codes))
    return {row["tracking_code"]: row["id"] for row in rows}


async def give(connection: Connection, account_id: int, told: Sequence[tuple[int, int]]) -> list[int]:
    """Give visitors who are nobody's to people; gives those for whom that changed something."""
    visitors, people = zip(*told, strict=True)
    rows = await connection.fetch(_GIVE, account_id, list(visitors), list(people))
    return [row["id"] for row in rows]
