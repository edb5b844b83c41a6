"""What an installation's own books say of the leads of one campaign."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import asyncpg
import msgspec
from tests.processes.market import CAMPAIGN

from leadyard.leads.model import AttemptState, SaleStatus, SystemStatus

_OPEN = """
SELECT (SELECT count(*) FROM delivery_jobs) + (SELECT count(*) FROM delivery_attempts WHERE state = 1)
"""

_LEADS = """
SELECT l.account_id, l.id, l.uuid, l.system_status, l.sale_status, l.fields ->> 'email' AS email, l.payout, l.revenue
FROM leads l JOIN campaigns c ON c.account_id = l.account_id AND c.id = l.campaign_id WHERE c.reference = $1
"""

_STATES = """
SELECT lead_id, state FROM delivery_attempts WHERE account_id = $1 AND lead_id = ANY($2::bigint[])
"""

_ENTRIES = """
SELECT lead_id, count(*) FILTER (WHERE p.book = 'revenue') AS sales, count(*) FILTER (WHERE p.book = 'payout') AS payouts
FROM ledger_entries e JOIN ledger_postings p ON p.account_id = e.account_id AND p.entry_id = e.id
WHERE e.account_id = $1 AND lead_id = ANY($2::bigint[]) GROUP BY lead_id
"""


class Books(msgspec.Struct):
    """Leads by id, as the database holds them."""

    valid: dict[int, str]
    """Lead ids that were accepted, to their e-mail addresses."""
    uuids: dict[UUID, int]
    """UUIDs of accepted leads, to lead ids."""
    sold: set[int]
    sales: Counter[int]
    """How often the ledger charges a buyer for each lead."""
    payouts: Counter[int]
    """How often the ledger owes the supplier for each lead."""
    attempts: dict[AttemptState, Counter[int]]
    amounts: set[tuple[int, int]]
    """Payout and revenue, in micro-units, of sold leads."""

    @property
    def unknown(self) -> set[int]:
        """Leads that a buyer may or may not have."""
        return set(self.attempts.get(AttemptState.UNKNOWN, ()))


async def calm(dsn: str, seconds: float) -> None:
    """Wait until no lead waits for a delivery and no attempt is under way."""
    async with asyncio.timeout(seconds):
        connection = await asyncpg.connect(dsn)
        while await connection.fetchval(_OPEN):  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.5)
        await connection.close()


async def read_books(dsn: str) -> Books:
    connection = await asyncpg.connect(dsn)
    try:
        leads = await connection.fetch(_LEADS, CAMPAIGN)
        account_id, ids = leads[0]["account_id"], [row["id"] for row in leads]
        entries = await connection.fetch(_ENTRIES, account_id, ids)
        states = await connection.fetch(_STATES, account_id, ids)
    finally:
        await connection.close()
    valid = [row for row in leads if row["system_status"] == SystemStatus.VALID]
    sold = [row for row in leads if row["sale_status"] == SaleStatus.SOLD]
    return Books(
        {row["id"]: row["email"] for row in valid},
        {row["uuid"]: row["id"] for row in valid},
        {row["id"] for row in sold},
        _counted((row["lead_id"], row["sales"]) for row in entries),
        _counted((row["lead_id"], row["payouts"]) for row in entries),
        {s: Counter(row["lead_id"] for row in states if row["state"] == s) for s in AttemptState},
        {(row["payout"], row["revenue"]) for row in sold},
    )


def _counted(pairs: Iterable[tuple[int, int]]) -> Counter[int]:
    return Counter({number: count for number, count in pairs if count})
