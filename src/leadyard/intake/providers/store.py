"""The statements of checks: what would refuse a lead anyway, what was asked about it, and what that cost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.intake.store import cutoff
from leadyard.leads.model import SystemStatus
from leadyard.storage.database import Connection, Row, encode_json

_CLAIMED = """
SELECT 1 FROM dedupe_claims
WHERE account_id = $1 AND campaign_id = $2 AND key = ANY($3::bytea[]) AND lead_id <> $4 AND claimed_at > $5
LIMIT 1
"""

_IN = f"{int(SystemStatus.QUARANTINED)}, {int(SystemStatus.VALID)}"


_PLACES = ("email_key", "phone1_key", "phone2_key", "phone3_key")
_EQUAL = " AND ".join(f"(${n}::text IS NULL OR l.{place} = ${n})" for n, place in enumerate(_PLACES, 9))


def _by_key(number: int, place: str) -> str:
    return f"""(
    SELECT 1 FROM leads l
    WHERE l.account_id = $1 AND l.{place} = ${number}::text AND l.id <> $2
      AND l.system_status IN ({_IN}) AND NOT l.is_test
      AND (l.campaign_id = ANY($3::bigint[]) AND l.received_at > $14
           OR l.campaign_id = ANY($4::bigint[]) AND l.received_at > $5
              AND (NOT $6::boolean OR l.supplier_id IS NOT DISTINCT FROM $7::bigint))
      AND (NOT $13::boolean OR {_EQUAL})
      AND NOT EXISTS (SELECT 1 FROM jsonb_each_text($8::jsonb) w
                      WHERE lower(l.fields->>w.key) IS DISTINCT FROM w.value)
    LIMIT 1)
    """


# One index for each key, and none is looked into for a key that the lead lacks.
_ELSEWHERE = (
    " UNION ALL ".join(_by_key(number, place) for number, place in enumerate(_PLACES, 9)) + " LIMIT 1"
)

_ADD = """
INSERT INTO lead_checks (account_id, lead_id, number, provider_id, kind, field, outcome, reason, answer, cost, cached,
                         elapsed_ms, at)
SELECT account_id, lead_id,
       number + coalesce((SELECT max(c.number) FROM lead_checks c
                          WHERE c.account_id = row.account_id AND c.lead_id = row.lead_id), 0),
       provider_id, kind, field, outcome, reason, answer::jsonb, cost, cached, elapsed_ms, $13
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::bigint[], $11::boolean[], $12::bigint[])
  AS row (account_id, lead_id, number, provider_id, kind, field, outcome, reason, answer, cost, cached, elapsed_ms)
"""

_SPEND = """
UPDATE leads l SET validation_cost = l.validation_cost + row.cost
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS row (account_id, id, cost)
WHERE l.account_id = row.account_id AND l.id = row.id
"""

_OF_LEAD = """
SELECT number, provider_id, kind, field, outcome, reason, answer, cost, cached, elapsed_ms, at FROM lead_checks
WHERE account_id = $1 AND lead_id = $2 ORDER BY number
"""


class CheckRow(msgspec.Struct):
    """A row of `lead_checks`, in the statement's order of columns; `number` counts from 1 in each unit of work."""

    account_id: int
    lead_id: int
    number: int
    provider_id: int
    kind: str
    field: str
    outcome: str
    reason: str
    answer: dict[str, Any]
    cost: int
    cached: bool
    elapsed_ms: int


class Elsewhere(msgspec.Struct, frozen=True):
    """Which leads of other campaigns would make a lead a duplicate.

    `campaigns` count while they are younger than `after`, `suppressing` while younger than `suppressing_after`, those of
    any supplier. `search` are the keys of e-mail
    and telephones, one of which must be equal, or `together` all; `fields` are values in lower case that they must
    have besides.
    """

    campaigns: tuple[int, ...]
    suppressing: tuple[int, ...]
    suppressing_after: datetime
    after: datetime
    supplier_id: int | None
    of_supplier: bool
    search: tuple[str | None, ...]
    together: bool
    fields: dict[str, str]


async def is_claimed(
    connection: Connection,
    account_id: int,
    campaign_id: int,
    keys: Sequence[bytes],
    lead_id: int,
    window: Any,
    now: datetime,
) -> bool:
    """Tell whether another lead holds one of the keys as things are now."""
    if not keys:
        return False
    found = await connection.fetchval(_CLAIMED, account_id, campaign_id, keys, lead_id, cutoff(window, now))
    return found is not None


async def is_elsewhere(connection: Connection, account_id: int, lead_id: int, wanted: Elsewhere) -> bool:
    """Tell whether another campaign has a lead that counts as this one."""
    if not any(wanted.search):
        return False
    found = await connection.fetchval(
        _ELSEWHERE,
        account_id,
        lead_id,
        wanted.suppressing,
        wanted.campaigns,
        wanted.after,
        wanted.of_supplier,
        wanted.supplier_id,
        wanted.fields,
        *wanted.search,
        wanted.together,
        wanted.suppressing_after,
    )
    return found is not None


async def add_checks(connection: Connection, rows: Sequence[CheckRow], at: datetime) -> None:
    """Write what was asked, and raise the leads' validation costs by what was spent."""
    if not rows:
        return
    columns = [list(column) for column in zip(*(msgspec.structs.astuple(row) for row in rows), strict=True)]
    columns[8] = [encode_json(answer) if answer else None for answer in columns[8]]
    await connection.execute(_ADD, *columns, at)
    spent: dict[tuple[int, int], int] = {}
    for row in rows:
        if row.cost:
            spent[row.account_id, row.lead_id] = spent.get((row.account_id, row.lead_id), 0) + row.cost
    if spent:
        places = sorted(spent)
        await connection.execute(
            _SPEND, [p[0] for p in places], [p[1] for p in places], [spent[p] for p in places]
        )


async def checks_of(connection: Connection, account_id: int, lead_id: int) -> list[Row]:
    """Read what was asked about a lead, in order."""
    return list(await connection.fetch(_OF_LEAD, account_id, lead_id))
