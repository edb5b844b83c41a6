"""The statements that show commissions and sum them up."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from leadyard.affiliates.commissions.model import (
    CommissionFilters,
    CommissionRecord,
    CommissionStatus,
    Sum,
)
from leadyard.affiliates.model import AffiliateStatus, CommissionKind, PurchaseState
from leadyard.kit.money import from_micros, plain
from leadyard.storage.database import Connection, Row

_HELD_AFFILIATES = f"{int(AffiliateStatus.PENDING)}, {int(AffiliateStatus.REJECTED)}"

STATUS = f"""CASE
    WHEN c.state = 2 THEN 'cancelled' WHEN c.state = 1 THEN 'paid' WHEN c.payout_id IS NOT NULL THEN 'due'
    WHEN c.due_at > $2 OR c.is_held OR a.status IN ({_HELD_AFFILIATES})
        OR p.state = {int(PurchaseState.PENDING)} THEN 'pending'
    ELSE 'due' END"""
"""How a commission stands at the instant `$2`, for `FROM`: an open one is due once its time has come and neither it,
its purchase nor its affiliate waits for a person's word. One that is tied to a payout stays due until that is paid."""

FROM = """
FROM commissions c
JOIN affiliates a ON a.account_id = $1 AND a.id = c.affiliate_id
LEFT JOIN purchases p ON p.account_id = $1 AND p.id = c.purchase_id
"""

_WHERE = f"""
WHERE c.account_id = $1
    AND ($3::bigint IS NULL OR c.affiliate_id = $3) AND ($4::bigint IS NULL OR c.purchase_id = $4)
    AND ($5::text IS NULL OR {STATUS} = $5) AND ($6::text IS NULL OR c.currency = $6)
    AND ($7::timestamptz IS NULL OR c.created_at >= $7) AND ($8::timestamptz IS NULL OR c.created_at < $8)
    AND ($9::boolean IS NULL OR (c.is_held = $9 AND c.state = 0))
"""

_PAGE = f"""
SELECT c.id, {STATUS} AS status, c.kind, c.affiliate_id, a.email AS affiliate_email, c.amount, c.currency, c.level,
    c.repetition, c.reason, c.note, c.rate, c.is_held, c.purchase_id, p.purchase_code, c.person_id, c.visitor_id,
    c.lead_id, c.plan_id, l.code AS plan_code, c.plan_line_id, c.touch_id, c.counterpart_of, c.payout_id, c.due_at,
    c.paid_at, c.created_at, c.updated_at
{FROM} LEFT JOIN plans l ON l.account_id = $1 AND l.id = c.plan_id
"""

_COUNT = f"SELECT count(*) {FROM} {_WHERE}"

_SUMS = f"""
SELECT c.currency, {STATUS} AS status, count(*) AS count, sum(c.amount) AS amount {FROM} {_WHERE}
GROUP BY 1, 2 ORDER BY 1, 2
"""

_DUE = f"""
SELECT c.id {FROM}
WHERE c.account_id = $1 AND c.affiliate_id = $3 AND c.purchase_id = $4 AND c.state = 0 AND c.payout_id IS NULL
    AND c.amount > 0 AND {STATUS} = 'due'
ORDER BY c.id FOR UPDATE OF c
"""


async def page(
    connection: Connection,
    account_id: int,
    now: datetime,
    filters: CommissionFilters,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[CommissionRecord]:
    """Give one page of commissions in order of their making."""
    direction = "DESC" if newest_first else "ASC"
    sql = f"{_PAGE} {_WHERE} ORDER BY c.created_at {direction}, c.id {direction} LIMIT $10 OFFSET $11"
    rows = await connection.fetch(sql, account_id, now, *_values(filters), limit, offset)
    return [_record(row) for row in rows]


async def find(
    connection: Connection, account_id: int, now: datetime, commission_id: int
) -> CommissionRecord | None:
    """Find one commission."""
    row = await connection.fetchrow(
        f"{_PAGE} WHERE c.account_id = $1 AND c.id = $3", account_id, now, commission_id
    )
    return None if row is None else _record(row)


async def count(connection: Connection, account_id: int, now: datetime, filters: CommissionFilters) -> int:
    """Count commissions."""
    return int(await connection.fetchval(_COUNT, account_id, now, *_values(filters)))


async def sums(
    connection: Connection, account_id: int, now: datetime, filters: CommissionFilters
) -> list[Sum]:
    """Count and sum commissions by currency and status."""
    rows = await connection.fetch(_SUMS, account_id, now, *_values(filters))
    return [
        Sum(r["currency"], CommissionStatus(r["status"]), r["count"], from_micros(int(r["amount"])))
        for r in rows
    ]


async def lock_due(
    connection: Connection, account_id: int, now: datetime, affiliate_id: int, purchase_id: int
) -> list[int]:
    """Give the ids of what is due to an affiliate for a purchase and may be paid by hand, locked."""
    rows = await connection.fetch(_DUE, account_id, now, affiliate_id, purchase_id)
    return [row["id"] for row in rows]


def _values(filters: CommissionFilters) -> tuple[Any, ...]:
    f = filters
    return f.affiliate_id, f.purchase_id, f.status, f.currency, f.since, f.before, f.is_held


def _record(row: Row) -> CommissionRecord:
    values = dict(row)
    values["status"] = CommissionStatus(row["status"])
    values["kind"] = CommissionKind(row["kind"]).name.lower()
    values["rate"] = None if row["rate"] is None else Decimal(plain(row["rate"]))
    values["amount"] = from_micros(row["amount"])
    return CommissionRecord(**values)
