"""What the ledger says of one affiliate."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.ledger.model import Book, EntryKind
from leadyard.storage.database import Connection, Row

_OF_AFFILIATE = f"""
FROM ledger_postings p
JOIN ledger_entries e ON e.account_id = $1 AND e.id = p.entry_id
LEFT JOIN commissions c ON c.account_id = $1 AND c.id = e.commission_id
WHERE p.account_id = $1 AND p.book = '{Book.AFFILIATE}' AND p.party_id = $2
"""

_OPENING = f"SELECT p.currency, -sum(p.amount) AS amount {_OF_AFFILIATE} AND e.at < $3 GROUP BY 1"

# What one payout paid is booked commission by commission and shown as one line.
_PAID = f"e.kind = '{EntryKind.COMMISSION_PAID}'"
_LINES = f"""
SELECT min(e.id) AS id, e.at, e.kind, p.currency, -sum(p.amount) AS amount, e.memo,
    CASE WHEN {_PAID} THEN NULL ELSE e.commission_id END AS commission_id,
    CASE WHEN {_PAID} THEN c.payout_id END AS payout_id,
    CASE WHEN NOT {_PAID} THEN c.purchase_id END AS purchase_id,
    CASE WHEN NOT {_PAID} THEN c.lead_id END AS lead_id
{_OF_AFFILIATE} AND ($3::timestamptz IS NULL OR e.at >= $3) AND e.at < $4
GROUP BY e.at, e.kind, p.currency, e.memo, 7, 8, 9, 10
ORDER BY p.currency, e.at, 1 LIMIT $5
"""


async def opening(
    connection: Connection, account_id: int, affiliate_id: int, start: datetime | None
) -> dict[str, int]:
    """Give what an affiliate was owed when a period began, by currency, in micro-units."""
    if start is None:
        return {}
    rows = await connection.fetch(_OPENING, account_id, affiliate_id, start)
    return {row["currency"]: int(row["amount"]) for row in rows}


async def lines(
    connection: Connection,
    account_id: int,
    affiliate_id: int,
    start: datetime | None,
    end: datetime,
    most: int,
) -> Sequence[Row]:
    """Give what was booked in a period, by currency and in order."""
    return await connection.fetch(_LINES, account_id, affiliate_id, start, end, most)
