"""The statements that write corrections, fold them into hours and read them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.storage.database import Connection
from leadyard.storage.tables.after_sale import CORRECTION_DIMENSIONS, CORRECTION_MEASURES

_KEY = ", ".join(CORRECTION_DIMENSIONS)
_NAMES = ", ".join(CORRECTION_MEASURES)

_WRITE = f"""
INSERT INTO correction_deltas (account_id, {_KEY}, {_NAMES})
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
                     $7::smallint[], $8::bigint[], $9::bigint[])
"""

_ANY_DELTAS = "SELECT EXISTS (SELECT 1 FROM correction_deltas WHERE account_id = $1)"

_FOLD = f"""
WITH taken AS (
    DELETE FROM correction_deltas WHERE account_id = $1 AND id <= (
        SELECT max(id) FROM (
            SELECT id FROM correction_deltas WHERE account_id = $1 ORDER BY id LIMIT $2
        ) AS oldest
    ) RETURNING {_KEY}, {_NAMES}
), folded AS (
    INSERT INTO correction_rollups AS r (account_id, {_KEY}, {_NAMES})
    SELECT $1, {_KEY}, {", ".join(f"sum({name})::bigint" for name in CORRECTION_MEASURES)} FROM taken GROUP BY {_KEY}
    ON CONFLICT (account_id, {_KEY})
    DO UPDATE SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in CORRECTION_MEASURES)}
)
SELECT count(*) FROM taken
"""

_HOURS = """
    SELECT campaign_id, supplier_id, sub_supplier_id, payout, revenue FROM {table}
    WHERE account_id = $1 AND booked_hour >= $4 AND booked_hour < $5 AND hour < $6
      AND ($7::bigint[] IS NULL OR campaign_id = ANY($7)) AND ($8::bigint[] IS NULL OR supplier_id = ANY($8))
      AND ($9::smallint[] IS NULL OR channel = ANY($9))
"""

_REST = """
    SELECT coalesce(l.campaign_id, 0), coalesce(l.supplier_id, 0), coalesce(l.sub_supplier_id, 0),
        CASE WHEN p.book = 'payout' THEN p.amount ELSE 0 END, CASE WHEN p.book = 'revenue' THEN -p.amount ELSE 0 END
    FROM ledger_entries n
    JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
    JOIN leads l ON l.account_id = n.account_id AND l.id = n.lead_id
    WHERE n.account_id = $1 AND n.kind IN ('returned', 'financials_changed')
      AND n.at >= $2 AND n.at < $3 AND l.received_at < $2 AND p.book IN ('payout', 'revenue')
      AND (n.at < $4 OR n.at >= $5 OR l.received_at >= $6)
      AND ($7::bigint[] IS NULL OR coalesce(l.campaign_id, 0) = ANY($7))
      AND ($8::bigint[] IS NULL OR coalesce(l.supplier_id, 0) = ANY($8))
      AND ($9::smallint[] IS NULL OR l.channel = ANY($9))
"""

_SUMS = f"""
SELECT campaign_id, supplier_id, sub_supplier_id, sum(payout)::bigint AS payout, sum(revenue)::bigint AS revenue
FROM (
    {_HOURS.format(table="correction_rollups")}
    UNION ALL {_HOURS.format(table="correction_deltas")}
    UNION ALL {_REST}
) AS corrected (campaign_id, supplier_id, sub_supplier_id, payout, revenue)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


class Change(msgspec.Struct, frozen=True):
    """One correction, in the order of the table's columns."""

    account_id: int
    booked_hour: datetime
    hour: datetime
    campaign_id: int
    supplier_id: int
    sub_supplier_id: int
    channel: int
    payout: int
    revenue: int


class Window(msgspec.Struct, frozen=True):
    """A window, its whole hours from `first` to `last`, and the hour before which leads surely came earlier."""

    start: datetime
    end: datetime
    first: datetime
    last: datetime
    before: datetime


class CorrectionSums(msgspec.Struct, frozen=True):
    """What was corrected, in signed micro-units of the campaign's currency; absent ids are 0."""

    campaign_id: int
    supplier_id: int
    sub_supplier_id: int
    payout: int
    revenue: int


async def write(connection: Connection, changes: Sequence[Change]) -> None:
    """Append corrections in one statement."""
    columns = zip(*(msgspec.structs.astuple(change) for change in changes), strict=True)
    await connection.execute(_WRITE, *[list(column) for column in columns])


async def has_deltas(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has corrections to fold."""
    return bool(await connection.fetchval(_ANY_DELTAS, account_id))


async def fold(connection: Connection, account_id: int, most: int) -> int:
    """Move up to `most` corrections into their hours in one statement."""
    return int(await connection.fetchval(_FOLD, account_id, most))


async def sums(
    connection: Connection,
    account_id: int,
    window: Window,
    campaign_ids: Sequence[int] | None,
    supplier_ids: Sequence[int] | None,
    channels: Sequence[int] | None,
) -> list[CorrectionSums]:
    """Sum the corrections booked inside a window on leads received before it."""
    rows = await connection.fetch(
        _SUMS, account_id, *msgspec.structs.astuple(window), campaign_ids, supplier_ids, channels
    )
    return [CorrectionSums(*row.values()) for row in rows]
