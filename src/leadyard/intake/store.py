"""The statements of the intake's batch."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from leadyard.intake.model import StoredResult
from leadyard.reports.model import Deltas
from leadyard.reports.service import lead_delta_statement
from leadyard.routing.caps import CapGate, CapKey, CapOwner, Period, lock_columns, lock_statement
from leadyard.storage.arrays import BIGINT, BOOLEAN, BYTEA, SMALLINT, TEXT, TIMESTAMPTZ, UUIDS, Table
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Row

_CLAIMS = Table(account_id=BIGINT, campaign_id=BIGINT, key=BYTEA, lead_id=BIGINT)

_CLAIM = f"""
INSERT INTO dedupe_claims AS c (account_id, campaign_id, key, lead_id, claimed_at)
SELECT account_id, campaign_id, key, lead_id, $5
FROM {_CLAIMS.source(1, "new")}
ON CONFLICT (account_id, campaign_id, key) DO UPDATE SET lead_id = EXCLUDED.lead_id, claimed_at = EXCLUDED.claimed_at
WHERE c.claimed_at <= $6
RETURNING account_id, campaign_id, key, lead_id
"""

_OPEN = f"""
WITH won AS ({_CLAIM}), caps AS ({lock_statement(8)})
SELECT 0 AS kind, account_id, version AS number, NULL::bytea AS key, NULL::bigint AS lead_id,
       NULL::smallint AS owner_kind, NULL::bigint AS owner_id, NULL::smallint AS period, NULL::timestamptz AS start
FROM config_versions WHERE account_id = ANY($7::bigint[])
UNION ALL SELECT 1, account_id, campaign_id, key, lead_id, NULL, NULL, NULL, NULL FROM won
UNION ALL SELECT 2, account_id, used, NULL, campaign_id, owner_kind, owner_id, period, period_start FROM caps
"""

_TAKEN = f"""
SELECT new.account_id, new.lead_id
FROM {_CLAIMS.source(1, "new")}
JOIN dedupe_claims c ON c.account_id = new.account_id AND c.campaign_id = new.campaign_id AND c.key = new.key
WHERE c.claimed_at > $5
"""

_RELEASE = f"""
DELETE FROM dedupe_claims c
USING {_CLAIMS.source(1, "lost")}
WHERE c.account_id = lost.account_id AND c.campaign_id = lost.campaign_id AND c.key = lost.key
  AND c.lead_id = lost.lead_id
"""

_LEADS = Table(
    account_id=BIGINT,
    id=BIGINT,
    uuid=UUIDS,
    campaign_id=BIGINT,
    supplier_id=BIGINT,
    sub_supplier_id=BIGINT,
    channel=SMALLINT,
    is_test=BOOLEAN,
    system_status=SMALLINT,
    sale_status=SMALLINT,
    standing=SMALLINT,
    code=SMALLINT,
    info=TEXT,
    fields=TEXT,
    email_key=TEXT,
    phone1_key=TEXT,
    phone2_key=TEXT,
    phone3_key=TEXT,
    claim_keys=BYTEA,
    currency=TEXT,
    payout=BIGINT,
    received_at=TIMESTAMPTZ,
    decided_at=TIMESTAMPTZ,
    process_micros=BIGINT,
)
_JOBS = Table(account_id=BIGINT, lead_id=BIGINT)
_VALUES = ", ".join(f"{name}::jsonb" if name in {"info", "fields"} else name for name in _LEADS.names)

_INSERT = f"""
WITH kept AS (
  INSERT INTO leads ({", ".join(_LEADS.names)}) SELECT {_VALUES} FROM {_LEADS.source(1, "row")}
), counted AS (
  {lead_delta_statement(28)}
)
INSERT INTO delivery_jobs (account_id, lead_id, delivery_id, due_at)
SELECT account_id, lead_id, 0, $27 FROM {_JOBS.source(25, "job")}
"""

_RESULTS = "SELECT uuid, code, info, received_at FROM leads WHERE account_id = $1 AND uuid = ANY($2::uuid[])"

_PRESENT = "SELECT uuid FROM leads WHERE account_id = ANY($1::bigint[]) AND uuid = ANY($2::uuid[])"

_SUB_SUPPLIER = "SELECT id FROM sub_suppliers WHERE account_id = $1 AND partner_id = $2 AND ssid = $3"

_ADD_SUB_SUPPLIER = """
INSERT INTO sub_suppliers (account_id, id, partner_id, ssid) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, partner_id, ssid) DO UPDATE SET ssid = EXCLUDED.ssid
RETURNING id
"""


class Claim(NamedTuple):
    """A lead's wish to be the only one with a key; ordered so that all units of work claim in one order."""

    account_id: int
    campaign_id: int
    key: bytes
    lead_id: int


class LeadRow(NamedTuple):
    """A row of `leads` as the intake writes it, in the statement's order of columns."""

    account_id: int
    id: int
    uuid: UUID
    campaign_id: int
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: int
    is_test: bool
    system_status: int
    sale_status: int
    standing: int
    code: int
    info: str | None
    fields: str
    email_key: str | None
    phone1_key: str | None
    phone2_key: str | None
    phone3_key: str | None
    claim_keys: bytes | None
    currency: str
    payout: int
    received_at: datetime
    decided_at: datetime | None
    process_micros: int


class Opened(msgspec.Struct):
    """What the first statement of a batch found: set-up versions by account, claims lost, caps locked."""

    versions: dict[int, int]
    lost: set[Claim]
    gate: CapGate


async def open_batch(
    connection: Connection,
    account_ids: Sequence[int],
    claims: Sequence[Claim],
    window: timedelta | None,
    reserved: Mapping[CapKey, int],
    now: datetime,
) -> Opened:
    """Read versions, claim keys of campaigns with one window and lock caps, in one round trip."""
    rows = await connection.fetch(
        _OPEN,
        *_CLAIMS.parameters(sorted(claims)),
        now,
        cutoff(window, now),
        account_ids,
        *lock_columns(reserved),
    )
    versions: dict[int, int] = {}
    won: list[Row] = []
    used: dict[CapKey, int] = {}
    for row in rows:
        kind = row[0]
        if kind == 1:
            won.append(row)
        elif kind == 0:
            versions[row[1]] = row[2]
        else:
            key = CapKey(row[1], CapOwner(row[5]), row[6], row[4], Period(row[7]), row[8])
            used[key] = row[2]
    lost = set() if len(won) == len(claims) else set(claims) - {Claim(*row[1:5]) for row in won}
    return Opened(versions, lost, CapGate(used, reserved))


async def claim(
    connection: Connection, claims: Sequence[Claim], window: timedelta | None, now: datetime
) -> set[Claim]:
    """Claim keys of campaigns with one window; gives the claims that were lost."""
    rows = await connection.fetch(_CLAIM, *_CLAIMS.parameters(sorted(claims)), now, cutoff(window, now))
    if len(rows) == len(claims):
        return set()
    return set(claims) - {Claim(*row) for row in rows}


async def taken(
    connection: Connection, claims: Sequence[Claim], window: timedelta | None, now: datetime
) -> set[tuple[int, int]]:
    """Tell which leads, as (account, lead), would be duplicates, without claiming: for test leads."""
    rows = await connection.fetch(_TAKEN, *_CLAIMS.parameters(claims), cutoff(window, now))
    return {(row["account_id"], row["lead_id"]) for row in rows}


def cutoff(window: timedelta | None, now: datetime) -> datetime:
    """Tell how old a claim must be to be void: without a window no claim ever is."""
    return datetime.min.replace(tzinfo=now.tzinfo) if window is None else now - window


async def release(connection: Connection, claims: Sequence[Claim]) -> None:
    """Give keys back that leads claimed and may not keep."""
    if claims:
        await connection.execute(_RELEASE, *_CLAIMS.parameters(sorted(claims)))


async def insert(
    connection: Connection,
    rows: Sequence[LeadRow],
    jobs: Sequence[tuple[int, int]],
    deltas: Deltas,
    now: datetime,
) -> None:
    """Write leads, refused ones included, count them, and queue those to be routed, as (account, lead)."""
    await connection.execute(
        _INSERT, *_LEADS.parameters(rows), *_JOBS.parameters(jobs), now, *deltas.lead_columns()
    )


async def present(connection: Connection, rows: Mapping[UUID, int]) -> set[UUID]:
    """Find which leads, given as UUID to account, are stored: what a commit whose answer was lost has done."""
    found = await connection.fetch(_PRESENT, sorted(set(rows.values())), list(rows))
    return {row["uuid"] for row in found}


async def results_of(
    connection: Connection, account_id: int, uuids: Sequence[UUID]
) -> dict[UUID, StoredResult]:
    """Find what became of the leads with these UUIDs, of those that are stored."""
    rows = await connection.fetch(_RESULTS, account_id, uuids)
    return {
        row["uuid"]: StoredResult(
            row["code"],
            tuple(map(str, row["info"])) if isinstance(row["info"], list) else (),
            row["received_at"],
        )
        for row in rows
    }


async def sub_supplier(connection: Connection, account_id: int, partner_id: int, ssid: str) -> int:
    """Find a sub-supplier, creating it when it is new."""
    found = await connection.fetchval(_SUB_SUPPLIER, account_id, partner_id, ssid)
    if found is None:
        fresh = await next_id(connection, account_id, "sub_suppliers")
        found = await connection.fetchval(_ADD_SUB_SUPPLIER, account_id, fresh, partner_id, ssid)
    return int(found)
