"""Noting, in the unit of work of what happened to leads, that responders have to look at them."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.storage.database import Connection

_NOTE = """
INSERT INTO responder_occasions (account_id, lead_id, occasion, at)
SELECT $1, id, $2, $3 FROM leads
WHERE account_id = $1 AND id = ANY($4::bigint[]) AND campaign_id = ANY($5::bigint[])
    AND system_status = 2 AND NOT is_test
ON CONFLICT DO NOTHING
"""


async def note_occasion(
    connection: Connection, setup: AccountSetup, occasion: str, lead_ids: Sequence[int], now: datetime
) -> None:
    """Note what happened to leads of campaigns whose responders wait for it; nothing at all for the others."""
    if not lead_ids:
        return
    campaigns = [c.id for c in setup.campaigns.values() if occasion in c.occasions]
    if campaigns:
        await connection.execute(_NOTE, setup.account.id, occasion, now, list(lead_ids), campaigns)
