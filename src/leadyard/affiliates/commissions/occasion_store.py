"""The statements about submissions in whose revenue affiliates may have a share."""

from datetime import datetime

import msgspec

from leadyard.leads.model import APPROVED_STATES
from leadyard.storage.database import Connection

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM affiliate_occasions"

_TAKE = """
DELETE FROM affiliate_occasions WHERE account_id = $1 AND id IN (
    SELECT id FROM affiliate_occasions WHERE account_id = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING lead_id, at
"""

_LOCK_LEAD = """
SELECT account_id, id, email_key, fields ->> 'trackingid' AS tracking_code, currency, revenue,
    (SELECT min(t.finished_at) FROM delivery_attempts t
     WHERE t.account_id = $1 AND t.lead_id = $2 AND t.state = ANY($3::smallint[])) AS sold_at
FROM leads
WHERE account_id = $1 AND id = $2 AND (email_key IS NOT NULL OR fields ? 'trackingid') AND NOT is_test
FOR NO KEY UPDATE
"""


class SoldLead(msgspec.Struct, frozen=True):
    """A submission with what it brought after returns, in micro-units, and when it was first sold as it stands.

    It is known by its address or by the tracking id of its visitor.
    """

    account_id: int
    id: int
    email_key: str | None
    tracking_code: str | None
    currency: str
    revenue: int
    sold_at: datetime | None


async def due_accounts(connection: Connection) -> list[int]:
    """List the accounts of which anything is noted."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS)]


async def take(connection: Connection, account_id: int, most: int) -> dict[int, datetime]:
    """Take notes that nobody else works in, as submission and the first instant at which it moved."""
    noted: dict[int, datetime] = {}
    for row in await connection.fetch(_TAKE, account_id, most):
        noted[row["lead_id"]] = min(row["at"], noted.get(row["lead_id"], row["at"]))
    return noted


async def lock_lead(connection: Connection, account_id: int, lead_id: int) -> SoldLead | None:
    """Give a submission as it stands, locked."""
    row = await connection.fetchrow(_LOCK_LEAD, account_id, lead_id, sorted(APPROVED_STATES))
    return None if row is None else SoldLead(*row.values())
