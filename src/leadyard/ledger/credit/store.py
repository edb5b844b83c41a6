"""The statements of buyers' credit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from leadyard.ledger.credit.model import CreditKey, CreditRow, Movement
from leadyard.storage.database import Connection

_LOCK = """
INSERT INTO buyer_credit AS c (account_id, buyer_id, currency)
SELECT $1, buyer_id, currency FROM unnest($2::bigint[], $3::text[]) AS row (buyer_id, currency)
ON CONFLICT (account_id, buyer_id, currency) DO UPDATE SET reserved = c.reserved
RETURNING buyer_id, currency, added, spent, reserved, top_ups, topped_up_on, alert
"""

_WRITE = """
UPDATE buyer_credit c
SET added = row.added, spent = row.spent, reserved = row.reserved, top_ups = row.top_ups,
    topped_up_on = row.topped_up_on, alert = row.alert
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[], $8::date[],
            $9::smallint[])
  AS row (buyer_id, currency, added, spent, reserved, top_ups, topped_up_on, alert)
WHERE c.account_id = $1 AND c.buyer_id = row.buyer_id AND c.currency = row.currency
"""

_READ = """
SELECT buyer_id, added, spent, reserved, top_ups, topped_up_on, alert FROM buyer_credit
WHERE account_id = $1 AND currency = $2 AND ($3::bigint IS NULL OR buyer_id = $3)
"""

_CHARGED_BEFORE = """
SELECT coalesce(sum(p.amount), 0) FROM ledger_postings p
JOIN ledger_entries e ON e.account_id = p.account_id AND e.id = p.entry_id
WHERE p.account_id = $1 AND p.book = 'credit' AND p.party_id = $2 AND p.currency = $3
  AND e.kind <> 'credit_added' AND e.at < $4
"""

_MOVEMENTS = """
SELECT e.id, e.at, e.kind, -p.amount AS amount, p.currency, e.lead_id, e.memo, count(*) OVER () AS total
FROM ledger_postings p
JOIN ledger_entries e ON e.account_id = p.account_id AND e.id = p.entry_id
WHERE p.account_id = $1 AND p.book = 'credit' AND p.party_id = $2
ORDER BY e.at DESC, e.id DESC LIMIT $3 OFFSET $4
"""

_COUNT = "SELECT count(*) FROM ledger_postings WHERE account_id = $1 AND book = 'credit' AND party_id = $2"


async def lock(
    connection: Connection, account_id: int, keys: Iterable[CreditKey]
) -> dict[CreditKey, CreditRow]:
    """Lock credit in a fixed order and read it; who has none yet gets a row of nothing."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = await connection.fetch(
        _LOCK, account_id, [key.buyer_id for key in wanted], [key.currency for key in wanted]
    )
    return {CreditKey(row[0], row[1]): CreditRow(*list(row.values())[2:]) for row in rows}


async def write(connection: Connection, account_id: int, rows: Mapping[CreditKey, CreditRow]) -> None:
    """Write locked credit as it stands now."""
    if rows:
        lines = [(key.buyer_id, key.currency, *msgspec.structs.astuple(row)) for key, row in rows.items()]
        await connection.execute(_WRITE, account_id, *[list(column) for column in zip(*lines, strict=True)])


async def read(
    connection: Connection, account_id: int, currency: str, buyer_id: int | None = None
) -> dict[int, CreditRow]:
    """Read credit in one currency by buyer; buyers that never had any are left out."""
    rows = await connection.fetch(_READ, account_id, currency, buyer_id)
    return {row[0]: CreditRow(*list(row.values())[1:]) for row in rows}


async def charged_before(connection: Connection, account_id: int, key: CreditKey, instant: datetime) -> int:
    """Sum what sales took before an instant, less what was given back, in micro-units."""
    return int(await connection.fetchval(_CHARGED_BEFORE, account_id, key.buyer_id, key.currency, instant))


async def movements(
    connection: Connection, account_id: int, buyer_id: int, limit: int, offset: int
) -> tuple[list[Movement], int]:
    """Give one page of a buyer's movements, newest first, and how many there are."""
    rows = await connection.fetch(_MOVEMENTS, account_id, buyer_id, limit, offset)
    if not rows:
        return [], int(await connection.fetchval(_COUNT, account_id, buyer_id))
    return [Movement(*list(row.values())[:-1]) for row in rows], int(rows[0]["total"])
