"""Noting, in the unit of work that moves a submission's revenue, that an affiliate may have a share in it."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.storage.database import Connection

_NOTE = """
INSERT INTO affiliate_occasions (account_id, lead_id, at)
SELECT $1, id, $2 FROM leads
WHERE account_id = $1 AND id = ANY($3::bigint[]) AND (email_key IS NOT NULL OR fields ? 'trackingid') AND NOT is_test
"""

_NOTE_CHANGED = f"""
{_NOTE} AND EXISTS (SELECT FROM plan_lines WHERE account_id = $1 AND settings ->> 'pays_for' = 'sold_lead')
"""


async def note_revenue(
    connection: Connection, setup: AccountSetup, lead_ids: Sequence[int], at: datetime
) -> None:
    """Note leads whose revenue moved; nothing at all where no plan pays for sold leads."""
    if setup.pays_for_sold_leads and lead_ids:
        await connection.execute(_NOTE, setup.account.id, at, list(lead_ids))


async def note_changed_revenue(
    connection: Connection, account_id: int, lead_ids: Sequence[int], at: datetime
) -> None:
    """Note leads whose revenue a person changed, for those who have no set-up at hand."""
    if lead_ids:
        await connection.execute(_NOTE_CHANGED, account_id, at, list(lead_ids))
