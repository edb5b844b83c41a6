"""What is stored of the decisions about a lead."""

from datetime import datetime
from typing import Any

import msgspec

from leadyard.storage.database import Connection

_LEAD = "SELECT received_at, campaign_id, fields FROM leads WHERE account_id = $1 AND id = $2"

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


class StoredTrace(msgspec.Struct, frozen=True):
    """A lead, and as rows its attempts, steps without an attempt, and auctions."""

    received_at: datetime
    campaign_id: int | None
    fields: dict[str, str]
    attempts: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    auctions: list[dict[str, Any]]


async def read(connection: Connection, account_id: int, lead_id: int) -> StoredTrace | None:
    """Read what is stored of a lead's way; None when there is no such lead."""
    lead = await connection.fetchrow(_LEAD, account_id, lead_id)
    if lead is None:
        return None
    attempts = await connection.fetch(_ATTEMPTS, account_id, lead_id)
    steps = await connection.fetch(_STEPS, account_id, lead_id)
    auctions = await connection.fetch(_AUCTIONS, account_id, lead_id)
    return StoredTrace(*lead, *([dict(row) for row in rows] for rows in (attempts, steps, auctions)))
