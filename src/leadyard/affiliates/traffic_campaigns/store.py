"""Rows of traffic campaigns."""

from collections.abc import Sequence

import msgspec

from leadyard.affiliates.affiliates.links import code_key
from leadyard.affiliates.traffic_campaigns.model import TrafficCampaign
from leadyard.kit.paging import Created, Page
from leadyard.storage.database import Connection, Row

_COLUMNS = "id, code, link_code, name, created_at, updated_at, archived_at"
_FIND = f"SELECT {_COLUMNS} FROM traffic_campaigns WHERE account_id = $1 AND id = $2"
_BY_CODE = f"SELECT {_COLUMNS} FROM traffic_campaigns WHERE account_id = $1 AND code_key = $2"
_BY_EITHER = f"""
SELECT {_COLUMNS} FROM traffic_campaigns WHERE account_id = $1 AND archived_at IS NULL
  AND (link_code = $2 OR code_key = $2)
ORDER BY (link_code = $2) DESC LIMIT 1
"""
_CODES = "SELECT id, code FROM traffic_campaigns WHERE account_id = $1 AND id = ANY($2)"
_INSERT = """
INSERT INTO traffic_campaigns (account_id, id, code, code_key, link_code, name, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING RETURNING true
"""
_UPDATE = """
UPDATE traffic_campaigns SET code = $3, code_key = $4, name = $5, updated_at = $6, archived_at = $7
WHERE account_id = $1 AND id = $2
"""
_WHERE = """
  AND ($2::timestamptz IS NULL OR created_at >= $2) AND ($3::timestamptz IS NULL OR created_at < $3)
  AND ($4::boolean IS NULL OR (archived_at IS NOT NULL) = $4)
"""
_PAGE = f"SELECT {_COLUMNS} FROM traffic_campaigns WHERE account_id = $1 {_WHERE}"
_COUNT = f"SELECT count(*) FROM traffic_campaigns WHERE account_id = $1 {_WHERE}"


def campaign_of(row: Row) -> TrafficCampaign:
    """Read a traffic campaign from its row."""
    return TrafficCampaign(**dict(row))


async def find(connection: Connection, account_id: int, campaign_id: int) -> TrafficCampaign | None:
    """Find a traffic campaign by its id."""
    return _one(await connection.fetchrow(_FIND, account_id, campaign_id))


async def by_code(connection: Connection, account_id: int, code: str) -> TrafficCampaign | None:
    """Find a traffic campaign by its code in any case, archived or not."""
    return _one(await connection.fetchrow(_BY_CODE, account_id, code_key(code)))


async def by_link_code(connection: Connection, account_id: int, code: str) -> TrafficCampaign | None:
    """Find a traffic campaign in use by its link code, or else its code, in any case."""
    return _one(await connection.fetchrow(_BY_EITHER, account_id, code_key(code)))


async def insert(connection: Connection, account_id: int, campaign: TrafficCampaign) -> bool:
    """Write a new traffic campaign; False when its id or its link code is taken."""
    return bool(
        await connection.fetchval(
            _INSERT,
            account_id,
            campaign.id,
            campaign.code,
            code_key(campaign.code),
            campaign.link_code,
            campaign.name,
            campaign.created_at,
            campaign.updated_at,
        )
    )


async def update(connection: Connection, account_id: int, campaign: TrafficCampaign) -> None:
    """Overwrite a traffic campaign."""
    await connection.execute(
        _UPDATE, account_id, campaign.id, campaign.code, code_key(campaign.code), campaign.name,
        campaign.updated_at, campaign.archived_at,
    )  # fmt: skip


async def page(
    connection: Connection, account_id: int, created: Created, page: Page, *, is_archived: bool | None
) -> list[TrafficCampaign]:
    """Give one page of traffic campaigns."""
    sql = f"{_PAGE} ORDER BY {page.order} LIMIT $5 OFFSET $6"
    bounds = msgspec.structs.astuple(created)
    rows = await connection.fetch(sql, account_id, *bounds, is_archived, page.limit, page.offset)
    return [campaign_of(row) for row in rows]


async def count(
    connection: Connection, account_id: int, created: Created, *, is_archived: bool | None
) -> int:
    """Count traffic campaigns."""
    return int(await connection.fetchval(_COUNT, account_id, *msgspec.structs.astuple(created), is_archived))


async def codes(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, str]:
    """Give the codes of traffic campaigns."""
    return {row["id"]: row["code"] for row in await connection.fetch(_CODES, account_id, ids)}


def _one(row: Row | None) -> TrafficCampaign | None:
    return None if row is None else campaign_of(row)
