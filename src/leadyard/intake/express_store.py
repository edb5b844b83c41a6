"""The whole of an ordinary batch in one statement, which commits by itself: one round trip, one wait for the disk.

It writes each submission as if nothing stood in its way, leaves out those whose duplicate key is taken, and fails as
a whole, by dividing by zero, when what it was judged by no longer holds: another version of the set-up, a cap that
is full, a key that somebody claims at the same moment. Such a batch is decided step by step instead.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from leadyard.intake.store import CLAIMS, LEADS, VALUES
from leadyard.storage.arrays import BIGINT, BOOLEAN, SMALLINT, TIMESTAMPTZ, Table
from leadyard.storage.database import Connection
from leadyard.storage.tables.rollups import LEAD_DIMENSIONS, LEAD_MEASURES

_ROWS = LEADS.with_columns(cap_group=SMALLINT, delta_group=SMALLINT, routed=BOOLEAN)
_USES = Table(
    cap_group=SMALLINT,
    account_id=BIGINT,
    owner_kind=SMALLINT,
    owner_id=BIGINT,
    campaign_id=BIGINT,
    period=SMALLINT,
    period_start=TIMESTAMPTZ,
    most=BIGINT,
)
_CAP_KEY = "account_id, owner_kind, owner_id, campaign_id, period, period_start"
_DELTA_TYPES = {"hour": TIMESTAMPTZ, "channel": SMALLINT}
_DELTAS = Table(
    delta_group=SMALLINT,
    account_id=BIGINT,
    **{name: _DELTA_TYPES.get(name, BIGINT) for name in (*LEAD_DIMENSIONS, *LEAD_MEASURES)},
)
_DIMENSIONS = ", ".join(("account_id", *LEAD_DIMENSIONS))
_MEASURES = ", ".join(LEAD_MEASURES)
_VERSIONS = Table(account_id=BIGINT, version=BIGINT)

_FIRST_CLAIM = 1 + len(_ROWS.names)
_FIRST_USE = _FIRST_CLAIM + len(CLAIMS.names)
_FIRST_DELTA = _FIRST_USE + len(_USES.names)
_FIRST_VERSION = _FIRST_DELTA + len(_DELTAS.names)
_NOW = _FIRST_VERSION + len(_VERSIONS.names)
_CUTOFF = _NOW + 1

_WRITE = f"""
WITH lead AS (SELECT * FROM {_ROWS.source(1, "row")}),
claim AS (SELECT * FROM {CLAIMS.source(_FIRST_CLAIM, "claim")}),
cap AS (SELECT * FROM {_USES.source(_FIRST_USE, "use")}),
judged AS (SELECT * FROM {_VERSIONS.source(_FIRST_VERSION, "judged")}),
taken AS (
  SELECT DISTINCT account_id, lead_id FROM claim
  WHERE (SELECT d.claimed_at FROM dedupe_claims d
         WHERE d.account_id = claim.account_id AND d.campaign_id = claim.campaign_id AND d.key = claim.key) > ${_CUTOFF}
), free AS (
  SELECT * FROM lead WHERE NOT EXISTS (SELECT 1 FROM taken t WHERE t.account_id = lead.account_id AND t.lead_id = lead.id)
), wish AS (
  SELECT * FROM claim
  WHERE NOT EXISTS (SELECT 1 FROM taken t WHERE t.account_id = claim.account_id AND t.lead_id = claim.lead_id)
), won AS (
  INSERT INTO dedupe_claims AS c (account_id, campaign_id, key, lead_id, claimed_at)
  SELECT account_id, campaign_id, key, lead_id, ${_NOW} FROM wish ORDER BY account_id, campaign_id, key
  ON CONFLICT (account_id, campaign_id, key) DO UPDATE SET lead_id = EXCLUDED.lead_id, claimed_at = EXCLUDED.claimed_at
  WHERE c.claimed_at <= ${_CUTOFF}
  RETURNING account_id
), counters AS (
  INSERT INTO cap_counters AS c ({_CAP_KEY}, used)
  SELECT {_CAP_KEY}, sum(passing.leads) FROM cap
  JOIN (SELECT cap_group, count(*) AS leads FROM free GROUP BY cap_group) AS passing USING (cap_group)
  GROUP BY {_CAP_KEY} ORDER BY {_CAP_KEY}
  ON CONFLICT ({_CAP_KEY}) DO UPDATE SET used = c.used + EXCLUDED.used
  RETURNING {_CAP_KEY}, used
), kept AS (
  INSERT INTO leads ({", ".join(LEADS.names)}) SELECT {VALUES} FROM free
), queued AS (
  INSERT INTO delivery_jobs (account_id, lead_id, delivery_id, due_at)
  SELECT account_id, id, 0, ${_NOW} FROM free WHERE routed
), counted AS (
  INSERT INTO lead_deltas ({_DIMENSIONS}, {_MEASURES})
  SELECT {_DIMENSIONS}, {", ".join(f"{name} * leads" for name in LEAD_MEASURES)}
  FROM {_DELTAS.source(_FIRST_DELTA, "delta")}
  JOIN (SELECT delta_group, count(*) AS leads FROM free GROUP BY delta_group) AS passing USING (delta_group)
)
SELECT account_id, lead_id FROM taken
UNION ALL
SELECT 0, 1 / (CASE WHEN
  (SELECT count(*) FROM config_versions v JOIN judged USING (account_id, version)) = (SELECT count(*) FROM judged)
  AND (SELECT count(*) FROM won) = (SELECT count(*) FROM wish)
  AND NOT EXISTS (SELECT 1 FROM counters JOIN cap USING ({_CAP_KEY}) WHERE used > most)
THEN 1 ELSE 0 END)
"""


class ExpressRows(msgspec.Struct):
    """The rows of a batch, each a tuple in the order of its table's columns."""

    leads: Sequence[tuple[object, ...]]
    claims: Sequence[tuple[object, ...]]
    uses: Sequence[tuple[object, ...]]
    deltas: Sequence[tuple[object, ...]]
    versions: Mapping[int, int]


async def write(
    connection: Connection, rows: ExpressRows, now: datetime, cutoff: datetime
) -> set[tuple[int, int]] | None:
    """Write a batch; gives the leads, as (account, lead), whose key was taken, or None: then nothing was written."""
    parameters = [
        *_ROWS.parameters(rows.leads),
        *CLAIMS.parameters(rows.claims),
        *_USES.parameters(rows.uses),
        *_DELTAS.parameters(rows.deltas),
        *_VERSIONS.parameters(list(rows.versions.items())),
    ]
    try:
        taken = await connection.fetch(_WRITE, *parameters, now, cutoff)
    except asyncpg.DivisionByZeroError:
        return None
    return {(row[0], row[1]) for row in taken if row[0]}
