"""The statements about purchases."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from leadyard.affiliates.model import LineItem, PurchaseState
from leadyard.affiliates.purchases.model import Cancelled, Purchase, PurchaseFilters, Terms
from leadyard.kit.money import from_micros, to_micros
from leadyard.people.model import Person
from leadyard.storage.database import LARGEST_ID, Connection, Row

_SELECT = """
SELECT p.account_id, p.id, p.purchase_code, p.person_id, e.email, p.affiliate_id, a.email AS affiliate_email,
    p.traffic_campaign_id, p.touch_id, p.plan_id, l.code AS plan_code, p.state, p.amount, p.currency,
    p.amount_override, p.line_items, p.description, p.note, p.referral_source, p.used_code, p.is_first, p.is_barred,
    p.terms, p.created_at, p.updated_at, p.cancellation_id, p.cancellation_code, p.cancellation_source, p.effective_at,
    (SELECT coalesce(sum(c.amount), 0)::numeric FROM commissions c
     WHERE c.account_id = $1 AND c.purchase_id = p.id AND c.state <> 2) AS commission_amount
FROM purchases p
JOIN people e ON e.account_id = $1 AND e.id = p.person_id
JOIN plans l ON l.account_id = $1 AND l.id = p.plan_id
LEFT JOIN affiliates a ON a.account_id = $1 AND a.id = p.affiliate_id
WHERE p.account_id = $1
"""

_INSERT = """
INSERT INTO purchases (account_id, id, purchase_code, person_id, affiliate_id, traffic_campaign_id, touch_id, plan_id,
    state, amount, currency, amount_override, line_items, description, note, referral_source, used_code, is_first,
    is_barred, terms, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21)
ON CONFLICT (account_id, purchase_code) DO NOTHING RETURNING id
"""

_UPDATE = """
UPDATE purchases SET state = $3, amount = $4, currency = $5, line_items = $6, description = $7, note = $8,
    updated_at = $9, cancellation_id = $10, cancellation_code = $11, cancellation_source = $12, effective_at = $13
WHERE account_id = $1 AND id = $2
"""

_WHERE = """
  AND ($2::bigint IS NULL OR p.person_id = $2) AND ($3::bigint IS NULL OR p.affiliate_id = $3)
  AND ($4::smallint IS NULL OR p.state = $4)
  AND ($5::timestamptz IS NULL OR p.created_at >= $5) AND ($6::timestamptz IS NULL OR p.created_at < $6)
"""

_COUNT = f"SELECT count(*) FROM purchases p WHERE p.account_id = $1 {_WHERE}"

_MERCHANT = """
SELECT EXISTS (
    SELECT FROM users WHERE account_id = $1 AND lower(email) = $2 AND archived_at IS NULL
)
"""

_OWN = """
SELECT email_key = $3 OR lower(btrim(paypal_email)) = $3 FROM affiliates WHERE account_id = $1 AND id = $2
"""

_SIGNAL = """
INSERT INTO fraud_signals (account_id, id, kind, affiliate_id, person_id, purchase_id, detail, at, state, origin)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9) ON CONFLICT (account_id, origin) DO NOTHING
"""


def purchase_of(row: Row) -> Purchase:
    """Read a purchase from its row."""
    values = dict(row)
    cancelled = [
        values.pop(name)
        for name in ("cancellation_id", "cancellation_code", "effective_at", "cancellation_source")
    ]
    for name in ("amount", "amount_override"):
        values[name] = None if values[name] is None else from_micros(values[name])
    values["commission_amount"] = from_micros(int(values["commission_amount"]))
    values["state"] = PurchaseState(values["state"])
    values["line_items"] = msgspec.convert(values["line_items"], tuple[LineItem, ...] | None)
    values["terms"] = msgspec.convert(values["terms"], Terms)
    cancellation = None if cancelled[0] is None else Cancelled(*cancelled)
    return Purchase(**values, cancellation=cancellation)


async def by_code(connection: Connection, account_id: int, purchase_code: str) -> Purchase | None:
    """Find a purchase by its exact code."""
    return _one(await connection.fetchrow(f"{_SELECT} AND p.purchase_code = $2", account_id, purchase_code))


async def by_id(connection: Connection, account_id: int, purchase_id: int) -> Purchase | None:
    """Find a purchase by its id."""
    if not 0 < purchase_id <= LARGEST_ID:
        return None
    return _one(await connection.fetchrow(f"{_SELECT} AND p.id = $2", account_id, purchase_id))


async def insert(connection: Connection, purchase: Purchase) -> bool:
    """Write a new purchase; False when another one has its code."""
    p = purchase
    written = await connection.fetchval(
        _INSERT, p.account_id, p.id, p.purchase_code, p.person_id, p.affiliate_id, p.traffic_campaign_id, p.touch_id,
        p.plan_id, p.state, _micros(p.amount), p.currency, _micros(p.amount_override), p.line_items, p.description,
        p.note, p.referral_source, p.used_code, p.is_first, p.is_barred, p.terms, p.created_at,
    )  # fmt: skip
    return written is not None


async def update(connection: Connection, purchase: Purchase) -> None:
    """Overwrite what may change of a purchase whose person is locked."""
    p, c = purchase, purchase.cancellation
    cancelled = (None,) * 4 if c is None else (c.id, c.cancellation_code, c.source, c.effective_at)
    await connection.execute(
        _UPDATE, p.account_id, p.id, p.state, _micros(p.amount), p.currency, p.line_items, p.description, p.note,
        p.updated_at, *cancelled,
    )  # fmt: skip


async def page(
    connection: Connection,
    account_id: int,
    filters: PurchaseFilters,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[Purchase]:
    """Give one page of purchases in order of their making."""
    direction = "DESC" if newest_first else "ASC"
    sql = f"{_SELECT} {_WHERE} ORDER BY p.created_at {direction}, p.id {direction} LIMIT $7 OFFSET $8"
    rows = await connection.fetch(sql, account_id, *_filter_values(filters), limit, offset)
    return [purchase_of(row) for row in rows]


async def count(connection: Connection, account_id: int, filters: PurchaseFilters) -> int:
    """Count purchases."""
    return int(await connection.fetchval(_COUNT, account_id, *_filter_values(filters)))


async def is_merchants(connection: Connection, account_id: int, email_key: str) -> bool:
    """Tell whether an address is that of one of the account's users."""
    return bool(await connection.fetchval(_MERCHANT, account_id, email_key))


async def is_affiliates_own(
    connection: Connection, account_id: int, affiliate_id: int, email_key: str
) -> bool:
    """Tell whether an address is an affiliate's own, be it for payments only."""
    return bool(await connection.fetchval(_OWN, account_id, affiliate_id, email_key))


async def signal_self_purchase(
    connection: Connection, purchase: Purchase, signal_id: int, detail: str
) -> None:
    """List a purchase for review, once."""
    p, kind = purchase, "self_purchase"
    await connection.execute(
        _SIGNAL, p.account_id, signal_id, kind, p.affiliate_id, p.person_id, p.id, detail, p.created_at,
        f"{kind}:{p.id}",
    )  # fmt: skip


async def signal_cancellation(
    connection: Connection, person: Person, signal_id: int, event_id: UUID, at: datetime
) -> None:
    """List a page's wish to cancel a person's purchases for review, once."""
    kind = "cancellation_asked"
    await connection.execute(
        _SIGNAL, person.account_id, signal_id, kind, person.credit.affiliate_id, person.id, None,
        "a page asks to cancel the purchases of this lead", at, f"{kind}:{event_id}",
    )  # fmt: skip


def _filter_values(filters: PurchaseFilters) -> tuple[Any, ...]:
    return tuple(msgspec.structs.asdict(filters).values())


def _micros(amount: Any) -> int | None:
    return None if amount is None else to_micros(amount)


def _one(row: Row | None) -> Purchase | None:
    return None if row is None else purchase_of(row)
