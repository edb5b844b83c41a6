"""The whole of an ordinary batch in one statement, which commits by itself: one round trip, one wait for the disk.

It writes each submission as if nothing stood in its way, leaves out those whose duplicate key is taken, and fails as
a whole, by dividing by zero, when what it was judged by no longer holds: another version of the set-up, a cap that
is full, a key that somebody claims at the same moment. Such a batch is decided step by step instead, and so is one that brings
a cap exactly to its limit, for that is news.

What leads have in common is said once, as their kind; what follows from something else is worked out here: claims from
the lead's keys, its arrival from the time that it took. Each parameter less is a table function less in the plan.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from leadyard.intake.dedupe_keys import KEY_BYTES
from leadyard.storage.arrays import BIGINT, BYTEA, SMALLINT, TEXT, UUIDS, Numbers, Table, texts
from leadyard.storage.database import Connection

COUNTS = ("valid", "invalid", "pending", "approved")
"""The counts of reports in which a lead can be as it comes in."""

_LEADS = Table(
    kind=SMALLINT,
    id=BIGINT,
    uuid=UUIDS,
    process_micros=BIGINT,
    info=TEXT,
    fields=TEXT,
    email_key=TEXT,
    phone1_key=TEXT,
    phone2_key=TEXT,
    phone3_key=TEXT,
    claim_keys=BYTEA,
)
_KINDS = Numbers(
    "account_id",
    "version",
    "campaign_id",
    "supplier_id",
    "channel",
    "system_status",
    "sale_status",
    "standing",
    "code",
    "payout",
    "hour",
    "is_decided",
    *COUNTS,
)
_USES = Numbers(
    "kind",
    "account_id",
    "owner_kind",
    "owner_id",
    "campaign_id",
    "period",
    "starts",
    "most",
    "amount",
    "room",
)
_CAP_KEY = "account_id, owner_kind, owner_id, campaign_id, period, period_start"

_KIND = 1 + len(_LEADS.names)
_CURRENCY = _KIND + 1
_USE = _KIND + 2
_NOW = _KIND + 3
_CUTOFF = _KIND + 4

_WRITE = f"""
WITH {_KINDS.array(_KIND, "kinds")},
{_USES.array(_USE, "uses")},
lead AS (SELECT row.*, {_KINDS.columns("kinds", "kind")} FROM kinds, {_LEADS.source(1, "row")}),
claim AS (
  SELECT uuid, account_id, campaign_id, lead_id, substring(claim_keys FROM place FOR {KEY_BYTES}) AS key
  FROM (SELECT uuid, account_id, campaign_id, id AS lead_id, claim_keys,
          generate_series(1, octet_length(claim_keys), {KEY_BYTES}) AS place FROM lead) AS held
), taken AS (
  SELECT uuid FROM claim
  WHERE (SELECT d.claimed_at FROM dedupe_claims d
         WHERE d.account_id = claim.account_id AND d.campaign_id = claim.campaign_id AND d.key = claim.key) > ${_CUTOFF}
), free AS NOT MATERIALIZED (
  SELECT * FROM lead WHERE uuid <> ALL (ARRAY(SELECT uuid FROM taken))
), wish AS NOT MATERIALIZED (
  SELECT * FROM claim WHERE uuid <> ALL (ARRAY(SELECT uuid FROM taken))
), passing AS (
  SELECT kind, count(*) AS leads FROM free GROUP BY kind
), cap AS (
  SELECT *, to_timestamp(starts) AS period_start
  FROM (SELECT {_USES.columns("uses", "place")} FROM {_USES.source("uses")}) AS use
), won AS (
  INSERT INTO dedupe_claims AS c (account_id, campaign_id, key, lead_id, claimed_at)
  SELECT account_id, campaign_id, key, lead_id, ${_NOW} FROM wish ORDER BY account_id, campaign_id, key
  ON CONFLICT (account_id, campaign_id, key) DO UPDATE SET lead_id = EXCLUDED.lead_id, claimed_at = EXCLUDED.claimed_at
  WHERE c.claimed_at <= ${_CUTOFF}
  RETURNING account_id
), counters AS (
  INSERT INTO cap_counters AS c ({_CAP_KEY}, used)
  SELECT {_CAP_KEY}, sum(passing.leads * cap.amount) FROM cap JOIN passing USING (kind)
  GROUP BY {_CAP_KEY} ORDER BY {_CAP_KEY}
  ON CONFLICT ({_CAP_KEY}) DO UPDATE SET used = c.used + EXCLUDED.used
  RETURNING {_CAP_KEY}, used
), kept AS (
  INSERT INTO leads (account_id, id, uuid, campaign_id, supplier_id, channel, is_test, system_status, sale_status,
    standing, code, info, fields, email_key, phone1_key, phone2_key, phone3_key, claim_keys, currency, payout,
    received_at, decided_at, process_micros)
  SELECT account_id, id, uuid, campaign_id, nullif(supplier_id, 0), channel, false, system_status, sale_status,
    standing, code, info::jsonb, fields::jsonb, email_key, phone1_key, phone2_key, phone3_key, claim_keys,
    (${_CURRENCY}::text::text[])[kind + 1], payout, ${_NOW} - process_micros * interval '1 microsecond',
    CASE WHEN is_decided = 1 THEN ${_NOW} END, process_micros FROM free
), queued AS (
  INSERT INTO delivery_jobs (account_id, lead_id, delivery_id, due_at)
  SELECT account_id, id, 0, ${_NOW} FROM free WHERE sale_status <> 0
), counted AS (
  INSERT INTO lead_deltas (account_id, hour, campaign_id, supplier_id, sub_supplier_id, channel, {", ".join(COUNTS)}, payout)
  SELECT account_id, to_timestamp(hour), campaign_id, supplier_id, 0, channel,
    {", ".join(f"{name} * leads" for name in (*COUNTS, "payout"))}
  FROM (SELECT leads, {_KINDS.columns("kinds", "kind")} FROM passing, kinds) AS counted
), judged AS (
  SELECT DISTINCT account_id, version FROM (SELECT {_KINDS.columns("kinds", "place")} FROM {_KINDS.source("kinds")}) AS kind
)
SELECT uuid, 0 FROM taken
UNION ALL
SELECT NULL, 1 / (CASE WHEN
  (SELECT count(*) FROM config_versions v JOIN judged USING (account_id, version)) = (SELECT count(*) FROM judged)
  AND (SELECT count(*) FROM won) = (SELECT count(*) FROM wish)
  AND NOT EXISTS (SELECT 1 FROM counters JOIN cap USING ({_CAP_KEY})
    WHERE used - amount + room > most OR (amount > 0 AND used = most))
THEN 1 ELSE 0 END)
"""


class ExpressRows(msgspec.Struct):
    """The rows of a batch, each a tuple in the order of its table's columns; `currencies` are those of the kinds."""

    leads: Sequence[tuple[object, ...]]
    kinds: Sequence[tuple[int, ...]]
    currencies: Sequence[str]
    uses: Sequence[tuple[int, ...]]


async def write(
    connection: Connection, rows: ExpressRows, now: datetime, cutoff: datetime
) -> set[UUID] | None:
    """Write a batch; gives the leads whose key was taken, or None: then nothing was written."""
    parameters = [
        *_LEADS.parameters(rows.leads),
        _KINDS.parameter(rows.kinds),
        texts(rows.currencies),
        _USES.parameter(rows.uses),
    ]
    try:
        taken = await connection.fetch(_WRITE, *parameters, now, cutoff)
    except asyncpg.DivisionByZeroError:
        return None
    return {row[0] for row in taken if row[0]}
