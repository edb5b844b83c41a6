"""The statements of a replay: all of them only read."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from decimal import Decimal

from leadyard.delivery.delivered import DeliveredKey
from leadyard.ledger.credit.entries import TOPPED_UP
from leadyard.ledger.credit.model import CreditKey
from leadyard.ledger.model import Book, EntryKind
from leadyard.replay.model import Habit
from leadyard.routing.cap_periods import CapKey, CapOwner, Period
from leadyard.storage.database import Connection, Row

_CHUNK = 500
_PATIENCE_SECONDS = 3600.0
"""Sums over long windows take their time; nobody waits for a lock of theirs."""

_COUNT = """
SELECT count(*) FROM leads WHERE account_id = $1 AND received_at >= $2 AND received_at < $3
  AND campaign_id IS NOT NULL AND NOT is_test
  AND (system_status = 2 OR (system_status = 3 AND code = -5 AND campaign_id = ANY($4::bigint[])))
"""

_LEADS = """
SELECT l.id, l.uuid, l.campaign_id, l.supplier_id, l.channel, l.system_status, l.fields, l.currency, l.received_at,
       l.payout, l.validation_cost AS costs,
       (SELECT json_agg(json_build_array(a.number, a.delivery_id, a.buyer_id, a.state, a.reason, a.revenue,
                                         a.started_at, a.finished_at, a.sale, a.offer, a.decision) ORDER BY a.number)
        FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = l.id)::text AS attempts,
       (SELECT json_agg(json_build_array(t.after_number, t.decision)) FROM decision_traces t
        WHERE t.account_id = $1 AND t.lead_id = l.id)::text AS traces,
       (SELECT json_agg(b.bids ORDER BY b.at) FROM auctions b
        WHERE b.account_id = $1 AND b.lead_id = l.id)::text AS bids
FROM leads l
WHERE l.account_id = $1 AND l.received_at >= $2 AND l.received_at < $3
  AND l.campaign_id IS NOT NULL AND NOT l.is_test
  AND (l.system_status = 2 OR (l.system_status = 3 AND l.code = -5 AND l.campaign_id = ANY($4::bigint[])))
ORDER BY l.received_at, l.id
"""

_HABITS = """
SELECT a.delivery_id, count(*) FILTER (WHERE a.state IN (2, 3, 6, 9)) AS asked,
       count(*) FILTER (WHERE a.state IN (2, 9)) AS taken,
       coalesce(sum(a.revenue) FILTER (WHERE a.state IN (2, 9)), 0) AS revenue,
       coalesce(avg(extract(epoch FROM a.finished_at - a.started_at)), 0) AS seconds
FROM leads l JOIN delivery_attempts a ON a.account_id = $1 AND a.lead_id = l.id
WHERE l.account_id = $1 AND l.received_at >= $2 AND l.received_at < $3 AND NOT l.is_test
  AND a.state IN (2, 3, 5, 6, 7, 9)
GROUP BY a.delivery_id
"""

_BIDS = """
SELECT (bid->>'delivery_id')::bigint AS delivery_id, avg((bid->>'amount')::bigint) AS bid
FROM leads l JOIN auctions b ON b.account_id = $1 AND b.lead_id = l.id
CROSS JOIN jsonb_array_elements(b.bids) AS bid
WHERE l.account_id = $1 AND l.received_at >= $2 AND l.received_at < $3 AND bid->>'amount' IS NOT NULL
GROUP BY 1
"""

_CAPS = """
SELECT (held->>0)::smallint, (held->>1)::bigint, (held->>2)::bigint, (held->>3)::smallint,
       to_timestamp((held->>4)::bigint), sum((held->>5)::bigint)::bigint
FROM delivery_attempts a CROSS JOIN jsonb_array_elements(a.holds->'caps') AS held
WHERE a.account_id = $1 AND a.started_at < $2 AND a.holds IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
"""

_CREDIT = f"""
SELECT p.party_id, p.currency, -sum(p.amount)::bigint
FROM ledger_postings p JOIN ledger_entries n ON n.account_id = $1 AND n.id = p.entry_id
WHERE p.account_id = $1 AND p.book = '{Book.CREDIT}' AND n.at < $2 GROUP BY 1, 2
"""

_PAID_IN = f"""
SELECT n.at, p.party_id, p.currency, -p.amount AS amount
FROM ledger_postings p JOIN ledger_entries n ON n.account_id = $1 AND n.id = p.entry_id
WHERE p.account_id = $1 AND p.book = '{Book.CREDIT}' AND n.kind = '{EntryKind.CREDIT_ADDED}' AND n.memo <> $4
  AND n.at >= $2 AND n.at < $3
ORDER BY n.at, n.id
"""

_DELIVERED = """
SELECT owner_kind, owner_id, key, lead_id, claimed_at FROM delivered_keys
WHERE account_id = $1 AND claimed_at < $2
"""


async def count_leads(
    connection: Connection, account_id: int, since: datetime, until: datetime, judged: Collection[int]
) -> int:
    """Count the leads of a window: valid ones, and refused ones of the campaigns that judge again."""
    return int(
        await connection.fetchval(_COUNT, account_id, since, until, sorted(judged), timeout=_PATIENCE_SECONDS)
    )


async def leads_of(
    connection: Connection, account_id: int, since: datetime, until: datetime, judged: Collection[int]
) -> AsyncIterator[list[Row]]:
    """Read the same leads in order of receipt, in chunks, each with its attempts, traces and bids."""
    cursor = await connection.cursor(
        _LEADS, account_id, since, until, sorted(judged), timeout=_PATIENCE_SECONDS
    )
    while rows := await cursor.fetch(_CHUNK, timeout=_PATIENCE_SECONDS):
        yield list(rows)


async def habits_of(
    connection: Connection, account_id: int, since: datetime, until: datetime
) -> dict[int, Habit]:
    """Read how deliveries answered the leads of a window, and what they bid."""
    bids = {
        row[0]: int(row[1])
        for row in await connection.fetch(_BIDS, account_id, since, until, timeout=_PATIENCE_SECONDS)
    }
    found = {
        row["delivery_id"]: Habit(
            row["asked"],
            row["taken"],
            int(row["revenue"]),
            float(Decimal(row["seconds"])),
            bids.get(row["delivery_id"]),
        )
        for row in await connection.fetch(_HABITS, account_id, since, until, timeout=_PATIENCE_SECONDS)
    }
    return {**{delivery_id: Habit(bid=bid) for delivery_id, bid in bids.items()}, **found}


async def caps_before(connection: Connection, account_id: int, since: datetime) -> dict[CapKey, int]:
    """Recount the counters of attempts from what attempts before an instant hold."""
    return {
        CapKey(account_id, CapOwner(owner), owner_id, campaign_id, Period(period), start): used
        for owner, owner_id, campaign_id, period, start, used in await connection.fetch(
            _CAPS, account_id, since, timeout=_PATIENCE_SECONDS
        )
    }


async def credit_before(connection: Connection, account_id: int, since: datetime) -> dict[CreditKey, int]:
    """Read what the ledger says was left of each buyer's credit at an instant, in micro-units."""
    rows = await connection.fetch(_CREDIT, account_id, since, timeout=_PATIENCE_SECONDS)
    return {CreditKey(buyer_id, currency): left for buyer_id, currency, left in rows}


async def paid_in(
    connection: Connection, account_id: int, since: datetime, until: datetime
) -> list[tuple[datetime, CreditKey, int]]:
    """Read the credit that people added in a window, in order; automatic top-ups come out of the replay itself."""
    rows = await connection.fetch(_PAID_IN, account_id, since, until, TOPPED_UP)
    return [(at, CreditKey(buyer_id, currency), amount) for at, buyer_id, currency, amount in rows]


async def delivered_before(
    connection: Connection, account_id: int, since: datetime
) -> dict[DeliveredKey, tuple[int, datetime]]:
    """Read who held the keys of delivered leads at an instant, as far as nobody took them since."""
    rows = await connection.fetch(_DELIVERED, account_id, since)
    return {DeliveredKey(kind, owner_id, key): (lead_id, at) for kind, owner_id, key, lead_id, at in rows}
