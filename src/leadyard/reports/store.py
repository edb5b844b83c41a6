"""The statements that write roll-ups and read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.leads.model import AttemptState, Standing
from leadyard.reports.model import ATTEMPT_COUNTED, COUNTED, LeadSums
from leadyard.reports.segments import Hours
from leadyard.storage.database import Connection
from leadyard.storage.tables.rollups import (
    BUYER_DIMENSIONS,
    BUYER_MEASURES,
    COSTS,
    LEAD_DIMENSIONS,
    LEAD_MEASURES,
)

LEAD_COUNTS = ("valid", "invalid", "pending", "approved", "returned")
_SQL_TYPES = {"hour": "timestamptz", "channel": "smallint"}


def standings_in(count: str) -> str:
    """Write the SQL list of the standings that a count includes."""
    return ", ".join(str(int(standing)) for standing in Standing if count in COUNTED[standing])


def _insert(table: str, columns: Sequence[str], first: int) -> str:
    types = (_SQL_TYPES.get(name, "bigint") for name in columns)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, first))
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"


def _fold(kind: str, dimensions: Sequence[str], measures: Sequence[str]) -> str:
    key, names = ", ".join(dimensions), ", ".join(measures)
    sums = ", ".join(f"sum({name})::bigint" for name in measures)
    updates = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in measures)
    return f"""
    WITH taken AS (
        DELETE FROM {kind}_deltas WHERE account_id = $1 AND id <= (
            SELECT max(id) FROM (
                SELECT id FROM {kind}_deltas WHERE account_id = $1 ORDER BY id LIMIT $2
            ) AS oldest
        ) RETURNING {key}, {names}
    ), folded AS (
        INSERT INTO {kind}_rollups AS r (account_id, {key}, {names})
        SELECT $1, {key}, {sums} FROM taken GROUP BY {key}
        ON CONFLICT (account_id, {key}) DO UPDATE SET {updates}
    )
    SELECT count(*) FROM taken
    """


def lead_insert(first: int) -> str:
    """Write the statement that appends lead deltas, with parameters from `first` on."""
    return _insert("lead_deltas", _LEAD_COLUMNS, first)


_LEAD_COLUMNS = ("account_id", *LEAD_DIMENSIONS, *LEAD_MEASURES)
_BUYER_COLUMNS = ("account_id", *BUYER_DIMENSIONS, *BUYER_MEASURES)
_WRITE = (
    f"WITH leads AS ({_insert('lead_deltas', _LEAD_COLUMNS, 1)}) "
    f"{_insert('buyer_deltas', _BUYER_COLUMNS, 1 + len(_LEAD_COLUMNS))}"
)
_FOLD_LEADS = _fold("lead", LEAD_DIMENSIONS, LEAD_MEASURES)
_FOLD_BUYERS = _fold("buyer", BUYER_DIMENSIONS, BUYER_MEASURES)
_ANY_DELTAS = """
SELECT EXISTS (SELECT 1 FROM lead_deltas WHERE account_id = $1)
    OR EXISTS (SELECT 1 FROM buyer_deltas WHERE account_id = $1)
"""

_EXTENT = """
SELECT min(hour) AS first, max(hour) AS last FROM (
    (SELECT hour FROM lead_rollups WHERE account_id = $1 ORDER BY hour LIMIT 1)
    UNION ALL (SELECT hour FROM lead_rollups WHERE account_id = $1 ORDER BY hour DESC LIMIT 1)
    UNION ALL SELECT hour FROM lead_deltas WHERE account_id = $1
) AS ends
"""

_FILTERS = """
    campaign_id = ANY($7::bigint[])
    AND ($9::bigint[] IS NULL OR coalesce(supplier_id, 0) = ANY($9))
    AND ($10::smallint[] IS NULL OR channel = ANY($10))
"""
_WHOLE_HOURS = f"""
    account_id = $1 AND hour >= $2 AND hour < $3 AND hour <> ALL($4::timestamptz[]) AND {_FILTERS}
"""
_SUM_MEASURES = ", ".join(f"sum({name}) AS {name}" for name in LEAD_MEASURES)
_SUM_LEADS = ", ".join(
    [f"count(*) FILTER (WHERE standing IN ({standings_in(count)})) AS {count}" for count in LEAD_COUNTS]
    + [f"sum({name}) AS {name}" for name in ("payout", "revenue", *COSTS)]
)
_PLACE = """
    campaign_id, CASE WHEN $13 THEN coalesce(supplier_id, 0) END AS supplier_id,
    CASE WHEN $14 THEN coalesce(sub_supplier_id, 0) END AS sub_supplier_id
"""
_HOURS = f"SELECT width_bucket(hour, $11::timestamptz[]) AS segment, {_PLACE}, {_SUM_MEASURES}"
TOOK = ", ".join(str(int(state)) for state in AttemptState if "sold" in ATTEMPT_COUNTED.get(state, ()))
"""The states of attempts by which a buyer took a lead."""


def of_responders(parameter: int) -> str:
    """Write the condition that one of the responders in a parameter wrote to the lead."""
    return f"""
    (${parameter}::bigint[] IS NULL OR EXISTS (
        SELECT 1 FROM responder_messages m
        WHERE m.account_id = $1 AND m.lead_id = leads.id AND m.responder_id = ANY(${parameter})
    ))
    """


def chosen_leads(first: int) -> str:
    """Write the condition that one of the buyers took the lead and one of the responders wrote to it."""
    return f"""
    (${first}::bigint[] IS NULL OR EXISTS (
        SELECT 1 FROM delivery_attempts a
        WHERE a.account_id = $1 AND a.lead_id = leads.id AND a.state IN ({TOOK}) AND a.buyer_id = ANY(${first})
    )) AND {of_responders(first + 1)}
    """


_LEAD_REPORT = f"""
WITH counted AS (
    {_HOURS} FROM lead_rollups WHERE {_WHOLE_HOURS} GROUP BY 1, 2, 3, 4
    UNION ALL
    {_HOURS} FROM lead_deltas WHERE {_WHOLE_HOURS} GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT width_bucket(received_at, $11::timestamptz[]), {_PLACE}, {_SUM_LEADS}
    FROM unnest($5::timestamptz[], $6::timestamptz[]) AS part (starts, ends)
    JOIN leads ON account_id = $1 AND received_at >= part.starts AND received_at < part.ends
    WHERE standing <> {int(Standing.NOT_COUNTED)} AND {_FILTERS} AND {chosen_leads(15)} GROUP BY 1, 2, 3, 4
)
SELECT segment, CASE WHEN $12 THEN campaign_id END AS campaign_id, counted.supplier_id,
    CASE WHEN $14 THEN coalesce(ssid, '') END AS ssid, currency, {_SUM_MEASURES}
FROM counted JOIN unnest($7::bigint[], $8::text[]) AS known (id, currency) ON known.id = campaign_id
LEFT JOIN sub_suppliers s ON s.account_id = $1 AND s.id = sub_supplier_id
GROUP BY 1, 2, 3, 4, 5
"""


class LeadFilter(msgspec.Struct, frozen=True):
    """Which leads are summed; `campaigns` gives each campaign's currency; None leaves a choice open."""

    campaigns: dict[int, str]
    supplier_ids: tuple[int, ...] | None
    channels: tuple[int, ...] | None
    buyer_ids: tuple[int, ...] | None = None
    responder_ids: tuple[int, ...] | None = None


class Split(msgspec.Struct, frozen=True):
    """By what sums are kept apart besides segments of time and currencies."""

    campaign: bool = False
    supplier: bool = False
    ssid: bool = False


class SumsRow(msgspec.Struct, frozen=True):
    """Sums of one segment of time (counted from 1), and of what they are split by."""

    segment: int
    campaign_id: int | None
    supplier_id: int | None
    ssid: str | None
    currency: str
    sums: LeadSums


async def write_deltas(
    connection: Connection, leads: Sequence[Sequence[Any]], buyers: Sequence[Sequence[Any]]
) -> None:
    """Append deltas, given by column, in one statement."""
    await connection.execute(_WRITE, *leads, *buyers)


async def has_deltas(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has deltas to fold."""
    return bool(await connection.fetchval(_ANY_DELTAS, account_id))


async def fold(connection: Connection, account_id: int, most: int) -> tuple[int, int]:
    """Move up to `most` lead deltas and buyer deltas into their hours; each kind in one statement."""
    leads = await connection.fetchval(_FOLD_LEADS, account_id, most)
    buyers = await connection.fetchval(_FOLD_BUYERS, account_id, most)
    return int(leads), int(buyers)


async def first_and_last_hour(
    connection: Connection, account_id: int
) -> tuple[datetime | None, datetime | None]:
    """Give the first and the last hour in which an account received leads; None when it never did."""
    row = await connection.fetchrow(_EXTENT, account_id)
    return (None, None) if row is None else (row["first"], row["last"])


async def lead_sums(
    connection: Connection,
    account_id: int,
    hours: Hours,
    segments: Sequence[datetime],
    leads: LeadFilter,
    split: Split,
) -> list[SumsRow]:
    """Sum leads per segment of time, in one statement and so from one snapshot; `segments` are their starts."""
    async with connection.transaction():
        # A plan made without knowing the window can take ten times as long as making one each time.
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        rows = await connection.fetch(
            _LEAD_REPORT,
            account_id,
            hours.starts,
            hours.ends,
            hours.straddling,
            [start for start, _ in hours.parts],
            [end for _, end in hours.parts],
            list(leads.campaigns),
            list(leads.campaigns.values()),
            leads.supplier_ids,
            leads.channels,
            segments,
            split.campaign,
            split.supplier,
            split.ssid,
            leads.buyer_ids,
            leads.responder_ids,
        )
    return [
        SumsRow(
            row["segment"],
            row["campaign_id"],
            row["supplier_id"],
            row["ssid"],
            row["currency"],
            LeadSums(*(int(row[name]) for name in LEAD_MEASURES)),
        )
        for row in rows
    ]
