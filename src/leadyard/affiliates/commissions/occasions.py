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

_PAYS = "EXISTS (SELECT FROM plan_lines WHERE account_id = $1 AND settings ->> 'pays_for' = 'sold_lead')"
_NOTE_CHANGED = f"{_NOTE} AND {_PAYS}"

_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('sold leads ' || $1::bigint || ' ' || key, 0))
FROM (SELECT key FROM unnest($2::text[]) AS key ORDER BY key) AS keys
"""

_NOTE_SOLD = """
INSERT INTO affiliate_occasions (account_id, lead_id, at)
SELECT $1, id, $3 FROM leads
WHERE account_id = $1 AND email_key = ANY($2::text[]) AND revenue > 0 AND NOT is_test
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


async def note_sold_before(
    connection: Connection, account_id: int, email_keys: Sequence[str], at: datetime
) -> None:
    """Note what was sold of people for whom somebody is credited only now: the sale may have been worked in first.

    Whoever works a sale in and finds nobody credited takes the same locks and looks again, so that one of the two
    sees the other.
    """
    if email_keys and await connection.fetchval(f"SELECT {_PAYS}", account_id):
        await lock_people(connection, account_id, email_keys)
        await connection.execute(_NOTE_SOLD, account_id, list(email_keys), at)


async def lock_people(connection: Connection, account_id: int, email_keys: Sequence[str]) -> None:
    """Let sales and credits of these people wait for each other until the unit of work ends."""
    await connection.execute(_LOCK, account_id, list(email_keys))
