"""The statements about submissions that name a visitor."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.storage.database import Connection

_WAITING = """
SELECT DISTINCT l.id, l.fields ->> 'email' AS email, l.fields ->> 'trackingid' AS tracking_code, l.received_at
FROM affiliate_occasions o
JOIN leads l ON l.account_id = $1 AND l.id = o.lead_id
WHERE o.account_id = $1 AND l.email_key IS NOT NULL AND NOT l.is_test
  AND coalesce(l.fields ->> 'email', '') <> '' AND coalesce(l.fields ->> 'trackingid', '') <> ''
  AND NOT EXISTS (SELECT FROM commissions c WHERE c.account_id = $1 AND c.lead_id = l.id)
ORDER BY l.id LIMIT $2
"""


class TrackedLead(msgspec.Struct, frozen=True):
    """A submission with an e-mail address and the tracking id that its form carried."""

    id: int
    email: str
    tracking_code: str
    received_at: datetime


async def waiting(connection: Connection, account_id: int, most: int) -> Sequence[TrackedLead]:
    """List submissions that wait for their first share and name a visitor."""
    return [TrackedLead(*row.values()) for row in await connection.fetch(_WAITING, account_id, most)]
