"""Single rows of the set-up's tables, read and written alike for every noun."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from leadyard.campaigns.model import SupplierTerms
from leadyard.intake.fields import FieldRule
from leadyard.storage.database import LARGEST_ID, Connection, Row, execute, fetch
from leadyard.storage.sealing import sealed
from leadyard.storage.tables.exchange import campaign_fields, campaign_suppliers

Filters = Mapping[str, object]


_FOLLOWS = """
WITH RECURSIVE before (id) AS (
  SELECT $2::bigint
  UNION
  SELECT (d.settings ->> 'after')::bigint FROM before JOIN deliveries d ON d.account_id = $1 AND d.id = before.id
  WHERE d.settings ->> 'after' IS NOT NULL
)
SELECT EXISTS (SELECT FROM before WHERE id = $3)
"""

_NEEDED_ELSEWHERE = """
SELECT 'the distribution of campaign ' || id AS what FROM campaigns
WHERE account_id = $1 AND id <> $3
  AND jsonb_path_exists(settings -> 'distribution', '$.**.delivery_id ? (@ == $id)', jsonb_build_object('id', $2::bigint))
UNION ALL
SELECT 'delivery ' || id FROM deliveries
WHERE account_id = $1 AND campaign_id <> $3 AND (settings ->> 'after')::bigint = $2
"""


async def find(connection: Connection, table: sa.Table, account_id: int, row_id: int) -> Row | None:
    """Find a row of this account by its id."""
    rows = await fetch(
        connection, sa.select(table).where(table.c.account_id == account_id, table.c.id == row_id)
    )
    return rows[0] if rows else None


async def page(
    connection: Connection, table: sa.Table, account_id: int, filters: Filters, limit: int, offset: int
) -> tuple[Sequence[Row], int]:
    """Give rows in order of id, and how many there are; a filter of None is no filter."""
    wanted = [table.c[name] == value for name, value in filters.items() if value is not None]
    if "sid" in table.c:
        wanted.append(table.c.sid.is_not(None))
    found = sa.select(table).where(table.c.account_id == account_id, *wanted)
    total = await fetch(connection, sa.select(sa.func.count().label("total")).select_from(found.subquery()))
    rows = await fetch(connection, found.order_by(table.c.id).limit(limit).offset(offset))
    return rows, int(total[0]["total"])


async def holder(
    connection: Connection, table: sa.Table, account_id: int, column: str, value: str
) -> int | None:
    """Find the id of the row that holds a unique value."""
    rows = await fetch(
        connection, sa.select(table.c.id).where(table.c.account_id == account_id, table.c[column] == value)
    )
    return None if not rows else int(rows[0]["id"])


async def known_ids(
    connection: Connection, table: sa.Table, account_id: int, ids: Collection[int]
) -> set[int]:
    """Tell which ids are those of rows of this account."""
    wanted = [row_id for row_id in ids if 0 < row_id <= LARGEST_ID]
    if not wanted:
        return set()
    found = sa.select(table.c.id).where(table.c.account_id == account_id, table.c.id.in_(wanted))
    return {row["id"] for row in await fetch(connection, found)}


async def insert(
    connection: Connection, table: sa.Table, account_id: int, row_id: int, values: Mapping[str, Any]
) -> None:
    """Write a new row, its secrets encrypted."""
    stored = await _stored(connection, table, account_id, values)
    await execute(connection, sa.insert(table).values(account_id=account_id, id=row_id, **stored))


async def update(
    connection: Connection, table: sa.Table, account_id: int, row_id: int, values: Mapping[str, Any]
) -> None:
    """Overwrite columns of a row, its secrets encrypted."""
    stored = await _stored(connection, table, account_id, values)
    await execute(
        connection,
        sa.update(table).where(table.c.account_id == account_id, table.c.id == row_id).values(**stored),
    )


async def _stored(
    connection: Connection, table: sa.Table, account_id: int, values: Mapping[str, Any]
) -> dict[str, Any]:
    return {name: await sealed(connection, account_id, table.name, value) for name, value in values.items()}


async def deliveries_of(
    connection: Connection, account_id: int, campaign_id: int, ids: Collection[int]
) -> set[int]:
    """Tell which ids are those of deliveries of a campaign."""
    found = await connection.fetch(
        "SELECT id FROM deliveries WHERE account_id = $1 AND campaign_id = $2 AND id = ANY($3)",
        account_id,
        campaign_id,
        list(ids),
    )
    return {row["id"] for row in found}


async def follows(connection: Connection, account_id: int, delivery_id: int, other_id: int) -> bool:
    """Tell whether a delivery runs after another, at once or behind further ones."""
    return bool(await connection.fetchval(_FOLLOWS, account_id, delivery_id, other_id))


async def needed_elsewhere(
    connection: Connection, account_id: int, delivery_id: int, campaign_id: int
) -> list[str]:
    """Say what outside a campaign names a delivery: distributions, and deliveries that follow it."""
    found = await connection.fetch(_NEEDED_ELSEWHERE, account_id, delivery_id, campaign_id)
    return [row["what"] for row in found]


async def fields_of(
    connection: Connection, account_id: int, campaign_ids: Sequence[int]
) -> dict[int, list[object]]:
    """Give the field rules of campaigns, in order of name, as they are stored."""
    rows = await connection.fetch(
        "SELECT campaign_id, settings FROM campaign_fields"
        ' WHERE account_id = $1 AND campaign_id = ANY($2) ORDER BY name COLLATE "C"',
        account_id,
        campaign_ids,
    )
    found: dict[int, list[object]] = {campaign_id: [] for campaign_id in campaign_ids}
    for row in rows:
        found[row["campaign_id"]].append(row["settings"])
    return found


async def field_names(connection: Connection, account_id: int) -> list[str]:
    """List the names of all campaigns' fields."""
    rows = await connection.fetch(
        "SELECT DISTINCT name FROM campaign_fields WHERE account_id = $1", account_id
    )
    return [row["name"] for row in rows]


async def replace_fields(
    connection: Connection, account_id: int, campaign_id: int, fields: Sequence[FieldRule]
) -> None:
    """Give a campaign these fields and no others."""
    await connection.execute(
        "DELETE FROM campaign_fields WHERE account_id = $1 AND campaign_id = $2", account_id, campaign_id
    )
    if fields:
        lines = [
            {"account_id": account_id, "campaign_id": campaign_id, "name": rule.name, "settings": rule}
            for rule in fields
        ]
        await execute(connection, sa.insert(campaign_fields).values(lines))


async def settings_of_deliveries(connection: Connection, account_id: int, campaign_id: int) -> Sequence[Row]:
    """Give ids and settings of a campaign's deliveries that are not archived."""
    return await connection.fetch(
        "SELECT id, settings FROM deliveries"
        " WHERE account_id = $1 AND campaign_id = $2 AND status <> 'Archived' ORDER BY id",
        account_id,
        campaign_id,
    )


async def rules_of_releases(
    connection: Connection, account_id: int, campaign_id: int | None = None
) -> Sequence[Row]:
    """Give id and rule of release rules that are not archived and have one, of one campaign or of all."""
    return await connection.fetch(
        "SELECT r.id, r.settings->'rule' AS rule FROM release_rules r"
        " JOIN campaigns c ON c.account_id = r.account_id AND c.id = r.campaign_id"
        " WHERE r.account_id = $1 AND ($2::bigint IS NULL OR r.campaign_id = $2) AND r.status <> 'Archived'"
        " AND c.status <> 'Archived' AND jsonb_typeof(r.settings->'rule') = 'object' ORDER BY r.id",
        account_id,
        campaign_id,
    )


async def terms_of(
    connection: Connection, account_id: int, campaign_id: int, limit: int, offset: int
) -> tuple[Sequence[Row], int]:
    """Give the suppliers of a campaign with their terms, in order of supplier id, and how many there are."""
    table = campaign_suppliers
    found = sa.select(table).where(table.c.account_id == account_id, table.c.campaign_id == campaign_id)
    total = await fetch(connection, sa.select(sa.func.count().label("total")).select_from(found.subquery()))
    rows = await fetch(connection, found.order_by(table.c.partner_id).limit(limit).offset(offset))
    return rows, int(total[0]["total"])


async def find_terms(
    connection: Connection, account_id: int, campaign_id: int, supplier_id: int
) -> Row | None:
    """Find the terms of a supplier in a campaign."""
    return await connection.fetchrow(
        "SELECT * FROM campaign_suppliers WHERE account_id = $1 AND campaign_id = $2 AND partner_id = $3",
        account_id,
        campaign_id,
        supplier_id,
    )


async def put_terms(
    connection: Connection, account_id: int, campaign_id: int, supplier_id: int, terms: SupplierTerms
) -> None:
    """Write the terms of a supplier in a campaign, new or instead of the old."""
    await connection.execute(
        "INSERT INTO campaign_suppliers (account_id, campaign_id, partner_id, settings)"
        " VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account_id, campaign_id, partner_id) DO UPDATE SET settings = excluded.settings",
        account_id,
        campaign_id,
        supplier_id,
        terms,
    )


async def delete_terms(connection: Connection, account_id: int, campaign_id: int, supplier_id: int) -> None:
    """Take a supplier out of a campaign."""
    await connection.execute(
        "DELETE FROM campaign_suppliers WHERE account_id = $1 AND campaign_id = $2 AND partner_id = $3",
        account_id,
        campaign_id,
        supplier_id,
    )


DELIVERY_KEYS, BUYER_KEYS = 1, 2


async def forget_delivered(connection: Connection, account_id: int, owner_kind: int, owner_id: int) -> None:
    """Forget which leads a delivery or a buyer had: it looks for duplicates no more, and starts afresh if it will."""
    await connection.execute(
        "DELETE FROM delivered_keys WHERE account_id = $1 AND owner_kind = $2 AND owner_id = $3",
        account_id,
        owner_kind,
        owner_id,
    )
