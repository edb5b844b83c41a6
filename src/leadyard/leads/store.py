"""The statements of leads that people read and change."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.leads.model import (
    APPROVED_STATES,
    AttemptState,
    Channel,
    Lead,
    SaleStatus,
    Standing,
    SystemStatus,
)
from leadyard.leads.views import AttemptView, Costs, LeadEvent
from leadyard.storage.database import LARGEST_ID, Connection, Row

LEAD_COLUMNS = Lead.__struct_fields__
_COLUMNS = ", ".join(f"l.{name}" for name in LEAD_COLUMNS)
_INSTANT = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_HELD = ", ".join(str(int(state)) for state in sorted({*APPROVED_STATES, AttemptState.RETURNED}))

_MAY_SEE = f"""
  AND ($3::bigint IS NULL OR l.supplier_id = $3)
  AND ($4::bigint IS NULL OR EXISTS (
    SELECT 1 FROM delivery_attempts b
    WHERE b.account_id = $1 AND b.lead_id = l.id AND b.buyer_id = $4 AND b.state IN ({_HELD})))
"""

_READ = f"""
SELECT {_COLUMNS}, l.validation_cost, l.email_cost, l.sms_cost,
  (SELECT json_agg(json_build_object(
      'number', a.number, 'delivery_id', a.delivery_id, 'buyer_id', a.buyer_id, 'state', a.state,
      'reason', a.reason, 'revenue', a.revenue, 'trace', a.trace,
      'started_at', to_char(a.started_at AT TIME ZONE 'UTC', {_INSTANT}),
      'finished_at', to_char(a.finished_at AT TIME ZONE 'UTC', {_INSTANT})) ORDER BY a.number)
    FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = l.id)::text AS attempts,
  (SELECT json_agg(json_build_object(
      'event', e.event, 'detail', e.detail, 'actor', e.actor,
      'at', to_char(e.at AT TIME ZONE 'UTC', {_INSTANT})) ORDER BY e.id)
    FROM lead_events e WHERE e.account_id = $1 AND e.lead_id = l.id)::text AS events
FROM leads l WHERE l.account_id = $1 AND l.{{column}} = ANY($2) {_MAY_SEE}
"""
_READ_BY_ID = _READ.format(column="id")
_READ_BY_UUID = _READ.format(column="uuid")

_LOCK = f"""
SELECT {_COLUMNS}, l.validation_cost, l.email_cost, l.sms_cost FROM leads l
WHERE l.account_id = $1 AND l.id = ANY($2::bigint[]) {_MAY_SEE}
ORDER BY l.id FOR UPDATE OF l
"""

_SEARCH = f"""
WITH found AS MATERIALIZED (
  SELECT id FROM leads WHERE account_id = $1 AND email_key = ANY($2::text[])
  UNION SELECT id FROM leads WHERE account_id = $1 AND phone1_key = ANY($3::text[])
  UNION SELECT id FROM leads WHERE account_id = $1 AND phone2_key = ANY($3::text[])
  UNION SELECT id FROM leads WHERE account_id = $1 AND phone3_key = ANY($3::text[])
)
SELECT {_COLUMNS} FROM leads l JOIN found ON found.id = l.id
WHERE l.account_id = $1 AND l.system_status = {int(SystemStatus.VALID)} AND NOT l.is_test
  AND ($4::bigint[] IS NULL OR l.campaign_id = ANY($4))
  AND ($5::timestamptz IS NULL OR l.received_at >= $5)
  AND ($6::bigint IS NULL OR l.supplier_id = $6)
ORDER BY l.received_at DESC, l.id DESC LIMIT $7
"""

_STORE_FIELDS = """
UPDATE leads SET fields = $3, email_key = $4, phone1_key = $5, phone2_key = $6, phone3_key = $7
WHERE account_id = $1 AND id = $2
"""

_STORE_AMOUNTS = """
UPDATE leads SET payout = $3, revenue = $4, validation_cost = $5, email_cost = $6, sms_cost = $7
WHERE account_id = $1 AND id = $2
"""

_ATTEMPTS = """
SELECT lead_id, number, delivery_id, buyer_id, state FROM delivery_attempts
WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) ORDER BY lead_id, number
"""

_ATTEMPTS_OF = msgspec.json.Decoder(list[AttemptView])
_EVENTS_OF = msgspec.json.Decoder(list[LeadEvent])


class Limit(msgspec.Struct, frozen=True):
    """Whose leads alone may be seen; None is no limit."""

    supplier_id: int | None = None
    buyer_id: int | None = None


class StoredLead(msgspec.Struct, frozen=True):
    """A lead as it stands in the database, with what the system wrote beside it."""

    lead: Lead
    costs: Costs
    attempts: tuple[AttemptView, ...] = ()
    events: tuple[LeadEvent, ...] = ()


class Held(msgspec.Struct, frozen=True):
    """An attempt in short: who got the lead, and what became of it."""

    number: int
    delivery_id: int
    buyer_id: int
    state: AttemptState


def lead_of(row: Row) -> Lead:
    """Read a lead from a row that begins with LEAD_COLUMNS."""
    values = dict(zip(LEAD_COLUMNS, row.values(), strict=False))
    values["channel"] = Channel(values["channel"])
    values["system_status"] = SystemStatus(values["system_status"])
    values["sale_status"] = SaleStatus(values["sale_status"])
    values["standing"] = Standing(values["standing"])
    return Lead(**values)


def _costs_of(row: Row) -> Costs:
    return Costs(row["validation_cost"], row["email_cost"], row["sms_cost"])


def _stored(row: Row) -> StoredLead:
    attempts = _ATTEMPTS_OF.decode(row["attempts"]) if row["attempts"] else ()
    events = _EVENTS_OF.decode(row["events"]) if row["events"] else ()
    return StoredLead(lead_of(row), _costs_of(row), tuple(attempts), tuple(events))


def possible(ids: Sequence[int]) -> list[int]:
    """Keep the ids that a row can have; others exist nowhere and would only upset the database."""
    return sorted({number for number in ids if 0 < number <= LARGEST_ID})


async def read(
    connection: Connection, account_id: int, lead_ids: Sequence[int], limit: Limit
) -> list[StoredLead]:
    """Read leads with attempts and events, all in one snapshot."""
    ids = possible(lead_ids)
    rows = (
        await connection.fetch(_READ_BY_ID, account_id, ids, limit.supplier_id, limit.buyer_id) if ids else []
    )
    return [_stored(row) for row in rows]


async def by_uuid(
    connection: Connection, account_id: int, uuids: Sequence[UUID], limit: Limit
) -> list[StoredLead]:
    """Read leads by UUID as `read` does by id."""
    rows = await connection.fetch(_READ_BY_UUID, account_id, uuids, limit.supplier_id, limit.buyer_id)
    return [_stored(row) for row in rows]


async def lock(
    connection: Connection, account_id: int, lead_ids: Sequence[int], limit: Limit
) -> dict[int, StoredLead]:
    """Lock leads in the order of their ids and read them, without attempts and events."""
    ids = possible(lead_ids)
    rows = await connection.fetch(_LOCK, account_id, ids, limit.supplier_id, limit.buyer_id) if ids else []
    return {row["id"]: StoredLead(lead_of(row), _costs_of(row)) for row in rows}


async def attempts(connection: Connection, account_id: int, lead_ids: Sequence[int]) -> dict[int, list[Held]]:
    """Read the attempts of leads in short, by lead, in order of number."""
    found: dict[int, list[Held]] = {}
    for row in await connection.fetch(_ATTEMPTS, account_id, lead_ids):
        held = Held(row["number"], row["delivery_id"], row["buyer_id"], AttemptState(row["state"]))
        found.setdefault(row["lead_id"], []).append(held)
    return found


async def search(
    connection: Connection,
    account_id: int,
    emails: Sequence[str],
    phones: Sequence[str],
    campaign_ids: Sequence[int] | None,
    received_after: datetime | None,
    supplier_id: int | None,
    most: int,
) -> list[Lead]:
    """Find valid leads by keys of e-mail addresses and telephone numbers, newest first."""
    rows = await connection.fetch(
        _SEARCH, account_id, emails, phones, campaign_ids, received_after, supplier_id, most
    )
    return [lead_of(row) for row in rows]


async def store_fields(
    connection: Connection, lead: Lead, fields: dict[str, str], keys: Sequence[str | None]
) -> None:
    """Write a locked lead's fields together with the keys by which it is found."""
    await connection.execute(_STORE_FIELDS, lead.account_id, lead.id, fields, *keys)


async def store_amounts(connection: Connection, lead: Lead, payout: int, revenue: int, costs: Costs) -> None:
    """Write a locked lead's amounts."""
    await connection.execute(
        _STORE_AMOUNTS, lead.account_id, lead.id, payout, revenue, costs.validation, costs.email, costs.sms
    )
