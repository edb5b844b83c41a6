"""The statements of the delivery worker."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.leads.model import AttemptState
from leadyard.routing.offers import Sale
from leadyard.storage.arrays import BIGINT, SMALLINT, TEXT, Table
from leadyard.storage.database import Connection, Row, encode_json

# A queue is empty whenever it is analysed, so what the planner believes of it is wrong by orders of magnitude: it would
# read and sort all that is due to take the first few. Hence conditions that it takes to hold nearly always (of IS NULL it
# believes one row in two hundred), a limit that it cannot see, sub-selects that it cannot turn into joins over the whole
# queue, and rows found again by where they lie: then it follows the index and stops.
_NOBODYS = "(worker_id IS NULL)::int <> 0"

_DUE_ACCOUNTS = f"""
SELECT a.id AS account_id FROM accounts a
WHERE (SELECT true FROM delivery_jobs
       WHERE account_id = a.id AND {_NOBODYS} AND due_at <= $1 ORDER BY due_at LIMIT 1)
"""

_CLAIM = f"""
WITH due AS (
  SELECT ctid FROM delivery_jobs d
  WHERE account_id = $1 AND {_NOBODYS} AND due_at <= $2
    AND coalesce((SELECT 0 FROM delivery_jobs o
                  WHERE o.account_id = $1 AND o.lead_id = d.lead_id AND o.worker_id IS NOT NULL LIMIT 1), 1) <> 0
  ORDER BY due_at LIMIT (SELECT $3::bigint) FOR UPDATE SKIP LOCKED
), mine AS (
  UPDATE delivery_jobs SET worker_id = $4 WHERE account_id = $1 AND ctid = ANY (ARRAY(SELECT ctid FROM due))
  RETURNING lead_id, delivery_id, after_attempt
)
SELECT mine.delivery_id, mine.after_attempt, l.id, l.uuid, l.campaign_id, l.supplier_id, l.sub_supplier_id, l.channel,
       l.system_status, l.sale_status, l.standing, l.fields, l.currency, l.received_at,
       l.validation_cost + l.email_cost + l.sms_cost AS costs,
       (SELECT json_agg(json_build_array(a.number, a.delivery_id, a.state, a.sale, a.revenue) ORDER BY a.number)
        FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = mine.lead_id)::text AS tried
FROM mine JOIN leads l ON l.account_id = $1 AND l.id = mine.lead_id
"""

_BEGUN = Table(
    lead_id=BIGINT,
    number=SMALLINT,
    delivery_id=BIGINT,
    buyer_id=BIGINT,
    state=SMALLINT,
    reason=TEXT,
    sale=SMALLINT,
    offer=BIGINT,
    decision=TEXT,
    holds=TEXT,
)
_DROPPED = Table(lead_id=BIGINT, delivery_id=BIGINT)
_FINISHED = Table(lead_id=BIGINT, number=SMALLINT, state=SMALLINT, reason=TEXT, revenue=BIGINT, trace=TEXT)
_SETTLED = Table(id=BIGINT, sale_status=SMALLINT, standing=SMALLINT, payout=BIGINT, revenue=BIGINT)
_HELD = Table(lead_id=BIGINT, number=SMALLINT, holds=TEXT)

_BEGIN = f"""
INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, worker_id,
                               started_at, finished_at, sale, offer, decision, holds)
SELECT $1, lead_id, number, delivery_id, buyer_id, state, reason, $2, $3::timestamptz,
       CASE WHEN state = 1 THEN NULL ELSE $3::timestamptz END, sale, offer, decision, holds::jsonb
FROM {_BEGUN.source(4, "row")}
"""

_TRACE = """
INSERT INTO decision_traces (account_id, lead_id, after_number, at, decision)
SELECT $1, lead_id, after_number, $2, decision
FROM unnest($3::bigint[], $4::smallint[], $5::text[]) AS row (lead_id, after_number, decision)
ON CONFLICT (account_id, lead_id, after_number) DO UPDATE SET at = EXCLUDED.at, decision = EXCLUDED.decision
"""

_STILL_HELD = """
SELECT lead_id, delivery_id FROM delivery_jobs
WHERE account_id = $1 AND worker_id = $2 AND lead_id = ANY($3::bigint[])
ORDER BY lead_id, delivery_id FOR UPDATE
"""

_POSTPONE = """
INSERT INTO delivery_jobs AS j (account_id, lead_id, delivery_id, after_attempt, due_at)
SELECT $1, lead_id, delivery_id, after_attempt, due_at
FROM unnest($3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[])
  AS row (lead_id, delivery_id, after_attempt, due_at)
ON CONFLICT (account_id, lead_id, delivery_id) DO UPDATE SET worker_id = NULL, due_at = EXCLUDED.due_at
WHERE j.worker_id = $2
"""

_DROP = f"""
DELETE FROM delivery_jobs j USING {_DROPPED.source(3, "row")}
WHERE j.account_id = $1 AND j.worker_id = $2 AND j.lead_id = row.lead_id AND j.delivery_id = row.delivery_id
"""

_FINISH = f"""
WITH mine AS (
  UPDATE delivery_attempts a
  SET state = row.state, reason = row.reason, revenue = row.revenue, finished_at = $2, trace = row.trace::jsonb
  FROM {_FINISHED.source(3, "row")}
  WHERE a.account_id = $1 AND a.lead_id = row.lead_id AND a.number = row.number AND a.state IN (1, 7)
  RETURNING a.lead_id, a.number
)
SELECT mine.number, l.id, l.sale_status, l.standing, l.payout, l.revenue
FROM leads l JOIN mine ON mine.lead_id = l.id
WHERE l.account_id = $1
ORDER BY l.id
FOR UPDATE OF l
"""

_SETTLE_LEADS = f"""
UPDATE leads l SET sale_status = row.sale_status, standing = row.standing, payout = row.payout, revenue = row.revenue
FROM {_SETTLED.source(2, "row")}
WHERE l.account_id = $1 AND l.id = row.id
"""

_KEEP_HOLDS = f"""
UPDATE delivery_attempts a SET holds = row.holds::jsonb
FROM {_HELD.source(2, "row")}
WHERE a.account_id = $1 AND a.lead_id = row.lead_id AND a.number = row.number
"""

_LOCK_HOLDS = """
SELECT a.buyer_id, l.currency, a.holds FROM delivery_attempts a
JOIN leads l ON l.account_id = a.account_id AND l.id = a.lead_id
WHERE a.account_id = $1 AND a.lead_id = $2 AND a.number = $3 AND a.holds IS NOT NULL FOR UPDATE OF a
"""

_LOCK_LEADS = """
SELECT id, sale_status, standing, payout, revenue FROM leads
WHERE account_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE
"""

_ENQUEUE = """
INSERT INTO delivery_jobs (account_id, lead_id, delivery_id, due_at, after_attempt)
SELECT $1, lead_id, delivery_id, $2,
       coalesce((SELECT max(number) FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = row.lead_id), 0)
FROM unnest($3::bigint[], $4::bigint[]) AS row (lead_id, delivery_id)
ON CONFLICT (account_id, lead_id, delivery_id) DO NOTHING
RETURNING lead_id, delivery_id
"""


_LOCK_DELIVERED = """
INSERT INTO delivered_keys AS d (account_id, owner_kind, owner_id, key, lead_id, claimed_at)
SELECT $1, owner_kind, owner_id, key, lead_id, $6
FROM unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bigint[]) AS row (owner_kind, owner_id, key, lead_id)
ON CONFLICT (account_id, owner_kind, owner_id, key) DO UPDATE SET lead_id = d.lead_id
RETURNING owner_kind, owner_id, key, lead_id, claimed_at
"""

_READ_DELIVERED = """
SELECT d.owner_kind, d.owner_id, d.key, d.lead_id, d.claimed_at FROM delivered_keys d
JOIN unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bigint[]) AS row (owner_kind, owner_id, key, lead_id)
  ON d.owner_kind = row.owner_kind AND d.owner_id = row.owner_id AND d.key = row.key
WHERE d.account_id = $1
"""

_TAKE_DELIVERED = """
UPDATE delivered_keys d SET lead_id = row.lead_id, claimed_at = $6
FROM unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bigint[]) AS row (owner_kind, owner_id, key, lead_id)
WHERE d.account_id = $1 AND d.owner_kind = row.owner_kind AND d.owner_id = row.owner_id AND d.key = row.key
"""

_DELETE_DELIVERED = """
DELETE FROM delivered_keys d
USING unnest($2::smallint[], $3::bigint[], $4::bytea[], $5::bigint[]) AS row (owner_kind, owner_id, key, lead_id)
WHERE d.account_id = $1 AND d.owner_kind = row.owner_kind AND d.owner_id = row.owner_id AND d.key = row.key
  AND d.lead_id = row.lead_id
"""


class Begun(msgspec.Struct, frozen=True):
    """An attempt to be written as it begins (or a delivery passed over).

    The price is in micro-units; decision and `holds`, what it has taken of caps and credit, are JSON.
    """

    lead_id: int
    number: int
    delivery_id: int
    buyer_id: int
    state: AttemptState
    reason: str
    sale: Sale
    price: int
    decision: str | None = None
    holds: str | None = None


class HeldBySale(msgspec.Struct, frozen=True):
    """What an attempt holds, as stored, and for whose credit and in which currency."""

    buyer_id: int
    currency: str
    holds: Any


class Finished(msgspec.Struct, frozen=True):
    """How an attempt ended; revenue in micro-units, trace as JSON."""

    lead_id: int
    number: int
    state: AttemptState
    reason: str
    revenue: int
    trace: dict[str, Any]


class LeadState(msgspec.Struct):
    """What the ledger and the reports need to know of a lead, and what a sale changes."""

    id: int
    sale_status: int
    standing: int
    payout: int
    revenue: int


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have leads to send."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(
    connection: Connection, account_id: int, now: datetime, most: int, worker_id: int
) -> list[Row]:
    """Take due jobs of an account for this worker, with their leads and what was tried."""
    return list(await connection.fetch(_CLAIM, account_id, now, most, worker_id))


async def begin(
    connection: Connection, account_id: int, worker_id: int, now: datetime, attempts: Sequence[Begun]
) -> None:
    """Write attempts before anything is sent; fails when another worker has begun one of them."""
    if attempts:
        rows = _BEGUN.parameters([msgspec.structs.astuple(a) for a in attempts])
        await connection.execute(_BEGIN, account_id, worker_id, now, *rows)


class Step(msgspec.Struct, frozen=True):
    """A step that began no attempt, as JSON; `after_number` is the attempt before it."""

    lead_id: int
    after_number: int
    decision: str


async def trace_steps(connection: Connection, account_id: int, now: datetime, steps: Sequence[Step]) -> None:
    """Keep what steps without an attempt decided; the last of them after an attempt counts."""
    if steps:
        columns = _columns([msgspec.structs.astuple(step) for step in steps], 3)
        await connection.execute(_TRACE, account_id, now, *columns)


async def still_held(
    connection: Connection, account_id: int, worker_id: int, lead_ids: Sequence[int]
) -> set[tuple[int, int]]:
    """Lock the jobs of these leads that this worker still holds, as (lead, delivery)."""
    rows = await connection.fetch(_STILL_HELD, account_id, worker_id, sorted(lead_ids))
    return {(row["lead_id"], row["delivery_id"]) for row in rows}


class Due(msgspec.Struct, frozen=True):
    """A job that is to be looked at again."""

    lead_id: int
    delivery_id: int
    after_attempt: int
    due_at: datetime


async def postpone(connection: Connection, account_id: int, worker_id: int, jobs: Sequence[Due]) -> None:
    """Give jobs back to whoever claims them next; one that a take-over ended is queued again."""
    if jobs:
        columns = _columns([msgspec.structs.astuple(job) for job in jobs], 4)
        await connection.execute(_POSTPONE, account_id, worker_id, *columns)


async def drop(
    connection: Connection, account_id: int, worker_id: int, jobs: Sequence[tuple[int, int]]
) -> None:
    """Remove this worker's jobs, as (lead, delivery), that have come to their end."""
    if jobs:
        await connection.execute(_DROP, account_id, worker_id, *_DROPPED.parameters(jobs))


async def finish(
    connection: Connection, account_id: int, now: datetime, attempts: Sequence[Finished]
) -> list[tuple[int, LeadState]]:
    """Write how attempts ended and lock their leads; attempts that somebody settled meanwhile are left out."""
    rows = [(a.lead_id, a.number, a.state, a.reason, a.revenue, encode_json(a.trace)) for a in attempts]
    found = await connection.fetch(_FINISH, account_id, now, *_FINISHED.parameters(rows))
    return [(row["number"], LeadState(*list(row.values())[1:])) for row in found]


async def keep_holds(
    connection: Connection, account_id: int, holds: Mapping[tuple[int, int], str | None]
) -> None:
    """Write what attempts, as (lead, number), hold from now on, as JSON; None is nothing."""
    if holds:
        rows = [(lead_id, number, document) for (lead_id, number), document in holds.items()]
        await connection.execute(_KEEP_HOLDS, account_id, *_HELD.parameters(rows))


async def lock_holds(connection: Connection, account_id: int, lead_id: int, number: int) -> HeldBySale | None:
    """Lock an attempt that holds something; None when it holds nothing."""
    row = await connection.fetchrow(_LOCK_HOLDS, account_id, lead_id, number)
    return None if row is None else HeldBySale(*row.values())


async def lock_leads(
    connection: Connection, account_id: int, lead_ids: Sequence[int]
) -> dict[int, LeadState]:
    """Lock leads and read how they stand."""
    rows = await connection.fetch(_LOCK_LEADS, account_id, sorted(lead_ids))
    return {row["id"]: LeadState(*row.values()) for row in rows}


async def settle_leads(connection: Connection, account_id: int, leads: Sequence[LeadState]) -> None:
    """Write how leads stand now."""
    if leads:
        rows = _SETTLED.parameters([msgspec.structs.astuple(lead) for lead in leads])
        await connection.execute(_SETTLE_LEADS, account_id, *rows)


async def enqueue(
    connection: Connection, account_id: int, jobs: Sequence[tuple[int, int]], now: datetime
) -> set[tuple[int, int]]:
    """Queue leads, as (lead, delivery or 0 for routing), afresh; gives those that were not queued already."""
    rows = await connection.fetch(_ENQUEUE, account_id, now, *_columns(jobs, 2))
    return {(row["lead_id"], row["delivery_id"]) for row in rows}


DeliveredRow = tuple[int, int, bytes, int]
"""A key of a lead already delivered: kind and id of its owner, the key, the lead (0: nobody)."""


async def lock_delivered(
    connection: Connection, account_id: int, keys: Sequence[DeliveredRow], now: datetime
) -> list[Row]:
    """Lock keys in the order given and read who holds them; new ones are held by nobody."""
    return list(await connection.fetch(_LOCK_DELIVERED, account_id, *_columns(keys, 4), now))


async def read_delivered(connection: Connection, account_id: int, keys: Sequence[DeliveredRow]) -> list[Row]:
    """Read who holds keys; keys that nobody holds are left out."""
    return list(await connection.fetch(_READ_DELIVERED, account_id, *_columns(keys, 4)))


async def take_delivered(
    connection: Connection, account_id: int, keys: Sequence[DeliveredRow], now: datetime
) -> None:
    """Give locked keys to leads."""
    if keys:
        await connection.execute(_TAKE_DELIVERED, account_id, *_columns(keys, 4), now)


async def delete_delivered(connection: Connection, account_id: int, keys: Sequence[DeliveredRow]) -> None:
    """Free keys that these leads hold."""
    if keys:
        await connection.execute(_DELETE_DELIVERED, account_id, *_columns(keys, 4))
