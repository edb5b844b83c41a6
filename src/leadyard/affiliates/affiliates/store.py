"""Rows of affiliates and their codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.affiliates.affiliates.inputs import AffiliateFilters
from leadyard.affiliates.affiliates.links import code_key
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.campaigns.model import PartnerSettings
from leadyard.kit.paging import Page
from leadyard.people.model import email_key
from leadyard.storage.database import Connection, Row

_COLUMNS = """a.account_id, a.id, a.email, a.first_name, a.last_name, a.code, a.status, a.group_id, a.parent_id,
a.paypal_email, a.referrer_domain, a.is_unsubscribed, a.custom_fields, a.dashboard_token, a.has_dashboard,
a.created_at, a.updated_at"""
_OF_ACCOUNT = f"SELECT {_COLUMNS} FROM affiliates a WHERE a.account_id = $1"
_BY_CODE = f"""
SELECT {_COLUMNS} FROM affiliate_codes c JOIN affiliates a ON a.account_id = $1 AND a.id = c.affiliate_id
WHERE c.account_id = $1 AND c.code_key = $2
"""
_CHAIN = f"""
WITH RECURSIVE chain AS (
  SELECT id, parent_id, 0 AS level FROM affiliates WHERE account_id = $1 AND id = $2
  UNION ALL
  SELECT above.id, above.parent_id, chain.level + 1
  FROM chain JOIN affiliates above ON above.account_id = $1 AND above.id = chain.parent_id
  WHERE chain.level < $3
)
SELECT {_COLUMNS} FROM chain JOIN affiliates a ON a.account_id = $1 AND a.id = chain.id ORDER BY chain.level
"""
_INSERT_PARTNER = """
INSERT INTO partners (account_id, id, name, sid, status, settings) VALUES ($1, $2, $3, NULL, 'Active', $4)
"""
_INSERT = """
INSERT INTO affiliates (account_id, id, email, email_key, first_name, last_name, code, status, group_id, parent_id,
  paypal_email, referrer_domain, is_unsubscribed, custom_fields, settings, dashboard_token, has_dashboard,
  created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '{}', $15, $16, $17, $18)
"""
_UPDATE = """
UPDATE affiliates SET email = $3, email_key = $4, first_name = $5, last_name = $6, code = $7, status = $8,
  group_id = $9, parent_id = $10, paypal_email = $11, referrer_domain = $12, is_unsubscribed = $13,
  custom_fields = $14, dashboard_token = $15, has_dashboard = $16, updated_at = $17
WHERE account_id = $1 AND id = $2
"""
_RENAME_PARTNER = """
UPDATE partners SET name = $3, settings = settings || jsonb_build_object('email', $4::text), updated_at = now()
WHERE account_id = $1 AND id = $2 AND sid IS NULL
"""
_CLAIM_CODE = """
INSERT INTO affiliate_codes (account_id, code_key, code, affiliate_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, code_key) DO UPDATE SET code = excluded.code
WHERE affiliate_codes.affiliate_id = excluded.affiliate_id
RETURNING true
"""
_CODES = """
SELECT affiliate_id, code FROM affiliate_codes WHERE account_id = $1 AND affiliate_id = ANY($2)
ORDER BY created_at, code_key
"""
_TOTALS = """
SELECT affiliate_id, sum(visitors)::bigint AS visitors, sum(leads)::bigint AS leads,
  sum(purchases)::bigint AS purchases
FROM affiliate_days WHERE account_id = $1 AND affiliate_id = ANY($2) GROUP BY affiliate_id
"""
_NAMES = """
SELECT a.id, g.code AS group_code, above.email AS parent_email
FROM affiliates a
LEFT JOIN affiliate_groups g ON g.account_id = $1 AND g.id = a.group_id
LEFT JOIN affiliates above ON above.account_id = $1 AND above.id = a.parent_id
WHERE a.account_id = $1 AND a.id = ANY($2)
"""
_WHERE = """
  AND ($2::timestamptz IS NULL OR a.created_at >= $2) AND ($3::timestamptz IS NULL OR a.created_at < $3)
  AND ($4::text IS NULL OR a.first_name ILIKE $4 OR a.last_name ILIKE $4 OR a.email ILIKE $4)
  AND ($5::text IS NULL OR a.email_key = $5) AND ($6::smallint IS NULL OR a.status = $6)
"""
_COUNT = f"SELECT count(*) FROM affiliates a WHERE a.account_id = $1 {_WHERE}"
_INSERT_LINK = """
INSERT INTO sign_in_links (account_id, token_hash, affiliate_id, expires_at)
VALUES ($1, $2, $3, date_trunc('second', now()) + make_interval(secs => $4)) RETURNING expires_at
"""
_EMAILS = "SELECT id, email FROM affiliates WHERE account_id = $1 AND id = ANY($2)"
_SUBIDS = """
SELECT subid, sum(visitors)::bigint AS visitors, sum(leads)::bigint AS leads, sum(purchases)::bigint AS purchases
FROM affiliate_days WHERE account_id = $1 AND affiliate_id = $2 AND subid <> ''
GROUP BY subid ORDER BY subid LIMIT $3 OFFSET $4
"""


def affiliate_of(row: Row) -> Affiliate:
    """Read an affiliate from its row."""
    values = dict(row)
    return Affiliate(**{**values, "status": AffiliateStatus(values["status"])})


async def find(connection: Connection, account_id: int, affiliate_id: int) -> Affiliate | None:
    """Find an affiliate by its id."""
    return _one(await connection.fetchrow(f"{_OF_ACCOUNT} AND a.id = $2", account_id, affiliate_id))


async def by_email(connection: Connection, account_id: int, key: str) -> Affiliate | None:
    """Find an affiliate by its e-mail address as it is compared."""
    return _one(await connection.fetchrow(f"{_OF_ACCOUNT} AND a.email_key = $2", account_id, key))


async def by_code(connection: Connection, account_id: int, key: str) -> Affiliate | None:
    """Find the affiliate who has or had a code."""
    return _one(await connection.fetchrow(_BY_CODE, account_id, key))


async def by_domain(connection: Connection, account_id: int, hosts: Sequence[str]) -> Affiliate | None:
    """Find the affiliate who has registered one of these hosts, the first in their order."""
    sql = f"{_OF_ACCOUNT} AND a.referrer_domain = ANY($2) ORDER BY array_position($2, a.referrer_domain) LIMIT 1"
    return _one(await connection.fetchrow(sql, account_id, hosts))


async def chain(connection: Connection, account_id: int, affiliate_id: int, levels: int) -> list[Affiliate]:
    """Give an affiliate and those above it, at most so many of them."""
    return [affiliate_of(row) for row in await connection.fetch(_CHAIN, account_id, affiliate_id, levels)]


async def insert(connection: Connection, affiliate: Affiliate) -> None:
    """Write a new affiliate and its partner."""
    await connection.execute(
        _INSERT_PARTNER,
        affiliate.account_id,
        affiliate.id,
        _name(affiliate),
        PartnerSettings(affiliate.email),
    )
    await connection.execute(
        _INSERT,
        affiliate.account_id,
        affiliate.id,
        *_values(affiliate),
        affiliate.dashboard_token,
        affiliate.has_dashboard,
        affiliate.created_at,
        affiliate.updated_at,
    )


async def update(connection: Connection, affiliate: Affiliate) -> None:
    """Overwrite an affiliate, and the name of its partner."""
    await connection.execute(
        _UPDATE,
        affiliate.account_id,
        affiliate.id,
        *_values(affiliate),
        affiliate.dashboard_token,
        affiliate.has_dashboard,
        affiliate.updated_at,
    )
    await connection.execute(
        _RENAME_PARTNER, affiliate.account_id, affiliate.id, _name(affiliate), affiliate.email
    )


def _values(affiliate: Affiliate) -> tuple[Any, ...]:
    return (
        affiliate.email, email_key(affiliate.email), affiliate.first_name, affiliate.last_name, affiliate.code,
        int(affiliate.status), affiliate.group_id, affiliate.parent_id, affiliate.paypal_email,
        affiliate.referrer_domain, affiliate.is_unsubscribed, affiliate.custom_fields,
    )  # fmt: skip


def _name(affiliate: Affiliate) -> str:
    return f"{affiliate.first_name or ''} {affiliate.last_name or ''}".strip() or affiliate.email


async def claim_code(connection: Connection, account_id: int, affiliate_id: int, code: str) -> bool:
    """Give an affiliate a code, spelt like this; False when it is or was another's."""
    return bool(await connection.fetchval(_CLAIM_CODE, account_id, code_key(code), code, affiliate_id))


async def codes(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, list[str]]:
    """Give all codes of affiliates, the oldest first."""
    found: dict[int, list[str]] = {affiliate_id: [] for affiliate_id in ids}
    for row in await connection.fetch(_CODES, account_id, ids):
        found[row["affiliate_id"]].append(row["code"])
    return found


async def totals(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, Row]:
    """Count visitors, leads and purchases of affiliates; those without any are left out."""
    return {row["affiliate_id"]: row for row in await connection.fetch(_TOTALS, account_id, ids)}


async def names(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, Row]:
    """Give the code of each affiliate's group and the e-mail of its parent."""
    return {row["id"]: row for row in await connection.fetch(_NAMES, account_id, ids)}


async def page(
    connection: Connection, account_id: int, filters: AffiliateFilters, page: Page
) -> list[Affiliate]:
    """Give one page of affiliates."""
    sql = f"{_OF_ACCOUNT} {_WHERE} ORDER BY {page.order} LIMIT $7 OFFSET $8"
    rows = await connection.fetch(sql, account_id, *_filter_values(filters), page.limit, page.offset)
    return [affiliate_of(row) for row in rows]


async def count(connection: Connection, account_id: int, filters: AffiliateFilters) -> int:
    """Count affiliates."""
    return int(await connection.fetchval(_COUNT, account_id, *_filter_values(filters)))


def _filter_values(filters: AffiliateFilters) -> tuple[Any, ...]:
    values = msgspec.structs.asdict(filters)
    if filters.query is not None:
        escaped = filters.query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values["query"] = f"%{escaped}%"
    return tuple(values.values())


async def insert_link(
    connection: Connection, account_id: int, token_hash: bytes, affiliate_id: int, seconds: int
) -> datetime:
    """Write a link that signs an affiliate in once, and tell when it ends."""
    ends: datetime = await connection.fetchval(_INSERT_LINK, account_id, token_hash, affiliate_id, seconds)
    return ends


async def emails(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, str]:
    """Give the e-mail addresses of affiliates."""
    return {row["id"]: row["email"] for row in await connection.fetch(_EMAILS, account_id, ids)}


async def subids(
    connection: Connection, account_id: int, affiliate_id: int, limit: int, offset: int
) -> list[Row]:
    """Give what an affiliate brought by sub-id, in their order."""
    return list(await connection.fetch(_SUBIDS, account_id, affiliate_id, limit, offset))


def _one(row: Row | None) -> Affiliate | None:
    return None if row is None else affiliate_of(row)
