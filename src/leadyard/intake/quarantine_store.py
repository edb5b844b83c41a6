"""The statements by which quarantined leads are decided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from leadyard.intake.dedupe_keys import KEY_BYTES
from leadyard.intake.store import Claim, cutoff
from leadyard.storage.database import LARGEST_ID, Connection, encode_json

_LOCK = """
SELECT id, uuid, campaign_id, supplier_id, sub_supplier_id, channel, system_status, standing, fields, claim_keys,
       currency, received_at
FROM leads WHERE account_id = $1 AND (id = ANY($2::bigint[]) OR uuid = ANY($3::uuid[]))
ORDER BY id FOR UPDATE
"""

_ID_OF = "SELECT id FROM leads WHERE account_id = $1 AND uuid = $2"

# A lead's own claim counts as won and keeps its age: it has held the key since it came in.
_CLAIM = """
INSERT INTO dedupe_claims AS c (account_id, campaign_id, key, lead_id, claimed_at)
SELECT $1, campaign_id, key, lead_id, $5
FROM unnest($2::bigint[], $3::bytea[], $4::bigint[]) AS new (campaign_id, key, lead_id)
ON CONFLICT (account_id, campaign_id, key) DO UPDATE
SET lead_id = EXCLUDED.lead_id,
    claimed_at = CASE WHEN c.lead_id = EXCLUDED.lead_id THEN c.claimed_at ELSE EXCLUDED.claimed_at END
WHERE c.lead_id = EXCLUDED.lead_id OR c.claimed_at <= $6
RETURNING campaign_id, key, lead_id
"""

_KEYS_OF = "SELECT claim_keys FROM leads WHERE account_id = $1 AND id = $2"

_KEEP_KEYS = "UPDATE leads SET claim_keys = $3 WHERE account_id = $1 AND id = $2"

_DECIDE = """
UPDATE leads l SET system_status = row.system_status, sale_status = row.sale_status, standing = row.standing,
    code = row.code, info = row.info::jsonb, payout = row.payout, claim_keys = row.claim_keys, decided_at = $2
FROM unnest($3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::text[], $9::bigint[],
            $10::bytea[])
  AS row (id, system_status, sale_status, standing, code, info, payout, claim_keys)
WHERE l.account_id = $1 AND l.id = row.id
"""

_OPEN = """
SELECT id, supplier_id, channel, decided_at FROM leads
WHERE account_id = $1 AND id = ANY($2::bigint[]) AND system_status = 2 AND sale_status = 1 AND standing = 1
ORDER BY id FOR UPDATE
"""

_PUT_ASIDE = """
UPDATE leads SET system_status = 1, sale_status = 0, decided_at = NULL
WHERE account_id = $1 AND id = ANY($2::bigint[])
"""


class Held(msgspec.Struct, frozen=True):
    """A lead as it lies in quarantine, or as it was when somebody was quicker."""

    id: int
    uuid: UUID
    campaign_id: int | None
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: int
    system_status: int
    standing: int
    fields: dict[str, str]
    claim_keys: tuple[bytes, ...]
    currency: str
    received_at: datetime


class Decision(msgspec.Struct, frozen=True):
    """What becomes of a lead, in the statement's order of columns; payout in micro-units."""

    lead_id: int
    system_status: int
    sale_status: int
    standing: int
    code: int
    info: list[str] | dict[str, Any]
    payout: int
    claim_keys: tuple[bytes, ...]


async def lock(
    connection: Connection, account_id: int, lead_ids: Sequence[int], uuids: Sequence[UUID]
) -> list[Held]:
    """Lock leads in the order of their ids."""
    ids = [lead_id for lead_id in lead_ids if 0 < lead_id <= LARGEST_ID]
    rows = await connection.fetch(_LOCK, account_id, ids, uuids)
    return [Held(**{**dict(row), "claim_keys": _parted(row["claim_keys"])}) for row in rows]


async def id_of(connection: Connection, account_id: int, uuid: UUID) -> int:
    """Find a lead's id; 0 when there is no such lead."""
    return int(await connection.fetchval(_ID_OF, account_id, uuid) or 0)


async def claim(
    connection: Connection, account_id: int, claims: Sequence[Claim], window: timedelta | None, now: datetime
) -> set[Claim]:
    """Claim keys, each once, of campaigns with one window; gives the claims that the leads hold then."""
    wanted = sorted(claims)
    columns = [[c.campaign_id for c in wanted], [c.key for c in wanted], [c.lead_id for c in wanted]]
    rows = await connection.fetch(_CLAIM, account_id, *columns, now, cutoff(window, now))
    return {Claim(account_id, *row) for row in rows}


async def keys_of(connection: Connection, account_id: int, lead_id: int) -> tuple[bytes, ...]:
    """Read the duplicate keys that a lead claimed."""
    return _parted(await connection.fetchval(_KEYS_OF, account_id, lead_id))


async def keep_keys(
    connection: Connection, account_id: int, lead_id: int, claim_keys: tuple[bytes, ...]
) -> None:
    """Write which duplicate keys a lead holds."""
    await connection.execute(_KEEP_KEYS, account_id, lead_id, b"".join(claim_keys) or None)


class Unwanted(msgspec.Struct, frozen=True):
    """A valid lead that nobody was offered, as it stood."""

    id: int
    supplier_id: int | None
    channel: int
    decided_at: datetime | None


async def put_aside(connection: Connection, account_id: int, lead_ids: Sequence[int]) -> list[Unwanted]:
    """Put valid leads whose sale is open into quarantine; gives those that were."""
    rows = await connection.fetch(_OPEN, account_id, sorted(lead_ids)) if lead_ids else []
    found = [Unwanted(*row.values()) for row in rows]
    if found:
        await connection.execute(_PUT_ASIDE, account_id, [lead.id for lead in found])
    return found


async def decide(
    connection: Connection, account_id: int, now: datetime, decisions: Sequence[Decision]
) -> None:
    """Write what becomes of locked leads."""
    rows = [
        (
            d.lead_id,
            d.system_status,
            d.sale_status,
            d.standing,
            d.code,
            encode_json(d.info) if d.info else None,
            d.payout,
            b"".join(d.claim_keys) or None,
        )
        for d in decisions
    ]
    if rows:
        await connection.execute(_DECIDE, account_id, now, *[list(c) for c in zip(*rows, strict=True)])


def _parted(keys: bytes | None) -> tuple[bytes, ...]:
    joined = keys or b""
    return tuple(joined[at : at + KEY_BYTES] for at in range(0, len(joined), KEY_BYTES))
