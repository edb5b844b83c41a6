"""What is stored of the decisions about a lead."""

from typing import Any

from leadyard.storage.database import Connection

_EXISTS = "SELECT 1 FROM leads WHERE account_id = $1 AND id = $2"

_ATTEMPTS = """
SELECT number, delivery_id, buyer_id, state, reason, sale, offer, revenue, started_at, finished_at, trace, decision
FROM delivery_attempts WHERE account_id = $1 AND lead_id = $2 ORDER BY number
"""

_STEPS = """
SELECT after_number, at, decision FROM decision_traces WHERE account_id = $1 AND lead_id = $2 ORDER BY after_number
"""

_AUCTIONS = """
SELECT at, expires_at, bids FROM auctions WHERE account_id = $1 AND lead_id = $2 ORDER BY at
"""


async def read(
    connection: Connection, account_id: int, lead_id: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Read a lead's attempts, steps without an attempt, and auctions; None when there is no such lead."""
    if await connection.fetchval(_EXISTS, account_id, lead_id) is None:
        return None
    attempts = await connection.fetch(_ATTEMPTS, account_id, lead_id)
    steps = await connection.fetch(_STEPS, account_id, lead_id)
    auctions = await connection.fetch(_AUCTIONS, account_id, lead_id)
    return [dict(row) for row in attempts], [dict(row) for row in steps], [dict(row) for row in auctions]
