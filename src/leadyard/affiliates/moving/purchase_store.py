"""The statements about purchases and commissions that a move has made."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from leadyard.affiliates.commissions.model import Commission, CommissionStatus, Sum
from leadyard.affiliates.commissions.reading_store import FROM, STATUS
from leadyard.affiliates.commissions.store import COLUMNS, commission_of
from leadyard.kit.money import from_micros
from leadyard.storage.database import Connection

_MARK_FIRST = """
UPDATE purchases SET is_first = true
WHERE account_id = $1 AND NOT is_first
  AND id IN (SELECT our_id FROM moved_rows
    WHERE account_id = $1 AND source = $2 AND resource = 'purchases' AND is_made)
  AND id IN (SELECT DISTINCT ON (person_id) id FROM purchases WHERE account_id = $1
    ORDER BY person_id, created_at, id)
"""
_LOCK_COMMISSIONS = f"SELECT {COLUMNS} FROM commissions WHERE account_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE"
_INSERT = f"""
INSERT INTO commissions (account_id, {COLUMNS})
VALUES ({", ".join(f"${number}" for number in range(1, len(COLUMNS.split(", ")) + 2))})
"""
_UPDATE = """
UPDATE commissions SET state = $3, amount = $4, note = $5, is_held = $6, due_at = $7, paid_at = $8, updated_at = $9
WHERE account_id = $1 AND id = $2
"""
_SUMS = f"""
SELECT c.currency, {STATUS} AS status, count(*) AS count, sum(c.amount) AS amount {FROM}
JOIN moved_rows m ON m.account_id = $1 AND m.source = $3 AND m.resource = 'commissions' AND m.our_id = c.id
WHERE c.account_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""


async def mark_first(connection: Connection, account_id: int, source: str) -> None:
    """Mark each customer's first purchase, where the move made it."""
    await connection.execute(_MARK_FIRST, account_id, source)


async def lock_commissions(
    connection: Connection, account_id: int, ids: Sequence[int]
) -> dict[int, Commission]:
    """Give commissions by their ids, locked."""
    rows = await connection.fetch(_LOCK_COMMISSIONS, account_id, ids) if ids else []
    return {row["id"]: commission_of(row) for row in rows}


async def insert_commissions(
    connection: Connection, account_id: int, commissions: Sequence[Commission]
) -> None:
    """Write commissions as they stand."""
    names = COLUMNS.split(", ")
    await connection.executemany(
        _INSERT, [(account_id, *(getattr(one, name) for name in names)) for one in commissions]
    )


async def update_commissions(
    connection: Connection, account_id: int, commissions: Sequence[Commission]
) -> None:
    """Overwrite what changes of commissions that are locked."""
    await connection.executemany(
        _UPDATE,
        [
            (account_id, c.id, c.state, c.amount, c.note, c.is_held, c.due_at, c.paid_at, c.updated_at)
            for c in commissions
        ],
    )


async def sums(connection: Connection, account_id: int, source: str, now: datetime) -> list[Sum]:
    """Count and sum the commissions of a move by currency and status."""
    return [
        Sum(row["currency"], CommissionStatus(row["status"]), row["count"], _amount(row["amount"]))
        for row in await connection.fetch(_SUMS, account_id, now, source)
    ]


def _amount(micros: Decimal) -> Decimal:
    return from_micros(int(micros))
