"""The statements that make and change commissions."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.affiliates.commissions.model import Commission, Draft
from leadyard.affiliates.commissions.rules import ChainLink
from leadyard.affiliates.model import AffiliateStatus, CommissionKind, CommissionState
from leadyard.kit.clock import whole_second
from leadyard.kit.money import plain
from leadyard.storage.database import Connection, Row

_NAMES = (
    "id", "affiliate_id", "kind", "state", "origin", "purchase_id", "person_id", "visitor_id", "lead_id", "plan_id",
    "plan_line_id", "touch_id", "counterpart_of", "level", "repetition", "amount", "currency", "rate", "tier", "reason", "note",
    "is_held", "due_at", "payout_id", "paid_at", "created_at", "updated_at",
)  # fmt: skip
COLUMNS = ", ".join(_NAMES)

_INSERT = f"""
INSERT INTO commissions (account_id, {COLUMNS})
SELECT $1, {COLUMNS} FROM jsonb_to_recordset($2::jsonb) AS made (
    id bigint, affiliate_id bigint, kind smallint, state smallint, origin text, purchase_id bigint, person_id bigint,
    visitor_id bigint, lead_id bigint, plan_id bigint, plan_line_id bigint, touch_id bigint, counterpart_of bigint,
    level smallint, repetition smallint, amount bigint, currency text, rate numeric, tier smallint, reason text, note text,
    is_held boolean, due_at timestamptz, payout_id bigint, paid_at timestamptz, created_at timestamptz,
    updated_at timestamptz
)
ON CONFLICT (account_id, origin) DO NOTHING RETURNING id
"""

_CHANGE = """
UPDATE commissions c SET amount = n.amount, rate = n.rate, tier = n.tier, reason = n.reason, updated_at = $2
FROM jsonb_to_recordset($3::jsonb) AS n (id bigint, amount bigint, rate numeric, tier smallint, reason text)
WHERE c.account_id = $1 AND c.id = n.id
"""

_CANCEL = """
UPDATE commissions SET state = 2, note = coalesce($4, note), updated_at = $3,
    origin = CASE WHEN $5 THEN origin || '~' || id ELSE origin END
WHERE account_id = $1 AND id = ANY($2::bigint[])
"""

_PAY = """
UPDATE commissions SET state = 1, paid_at = $3, updated_at = $3 WHERE account_id = $1 AND id = ANY($2::bigint[])
"""

_RELEASE = """
UPDATE commissions SET is_held = false, note = nullif(note, $4), updated_at = $3
WHERE account_id = $1 AND id = ANY($2::bigint[])
"""

_HOLD = """
UPDATE commissions SET is_held = true, note = coalesce(note, $4), updated_at = $3 WHERE account_id = $1 AND id = ANY($2::bigint[])
"""

_LOCK_OPEN = f"""
SELECT {COLUMNS} FROM commissions
WHERE account_id = $1 AND state = 0 AND payout_id IS NULL AND ($2::bigint IS NULL OR affiliate_id = $2)
  AND ($3::bigint IS NULL OR person_id = $3) AND ($4::bigint IS NULL OR purchase_id = $4)
ORDER BY id FOR UPDATE
"""

_CHAIN = """
WITH RECURSIVE chain AS (
    SELECT id, parent_id, status, group_id, 0 AS level FROM affiliates WHERE account_id = $1 AND id = $2
    UNION ALL
    SELECT above.id, above.parent_id, above.status, above.group_id, chain.level + 1
    FROM chain JOIN affiliates above ON above.account_id = $1 AND above.id = chain.parent_id
    WHERE chain.level < $3
)
SELECT chain.id, chain.status, g.code AS group_code FROM chain
LEFT JOIN affiliate_groups g ON g.account_id = $1 AND g.id = chain.group_id
ORDER BY chain.level
"""

_PURCHASES = """
SELECT affiliate_id, currency, count(*) AS number, coalesce(sum(amount), 0) AS amount FROM purchases
WHERE account_id = $1 AND affiliate_id = ANY($2::bigint[]) AND created_at >= $3 AND created_at < $4 AND state <> 3
GROUP BY affiliate_id, currency
"""

_SOLD_LEADS = """
SELECT affiliate_id, currency, count(*) AS number, sum(revenue) AS amount FROM (
    SELECT DISTINCT c.affiliate_id, l.id, l.currency, l.revenue
    FROM commissions c JOIN leads l ON l.account_id = $1 AND l.id = c.lead_id
    WHERE c.account_id = $1 AND c.affiliate_id = ANY($2::bigint[]) AND c.level = 0 AND c.kind = 1 AND c.state <> 2
      AND c.created_at >= $3 AND c.created_at < $4
) AS sold
GROUP BY affiliate_id, currency
"""

_RATE = """
SELECT rate FROM exchange_rates
WHERE account_id = $1 AND currency = $2 AND to_currency = $3 AND day <= $4 ORDER BY day DESC LIMIT 1
"""

_PUT_RATE = """
INSERT INTO exchange_rates (account_id, currency, to_currency, day, rate) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, currency, to_currency, day) DO UPDATE SET rate = excluded.rate
"""

_WANTED_RATES = """
FROM exchange_rates
WHERE account_id = $1 AND ($2::text IS NULL OR currency = $2) AND ($3::text IS NULL OR to_currency = $3)
"""
_RATES = f"""
SELECT currency, to_currency, day, rate {_WANTED_RATES} ORDER BY day DESC, currency, to_currency LIMIT $4 OFFSET $5
"""
_COUNT_RATES = f"SELECT count(*) {_WANTED_RATES}"

_DELETE_RATE = """
DELETE FROM exchange_rates WHERE account_id = $1 AND currency = $2 AND to_currency = $3 AND day = $4 RETURNING rate
"""

_EARNING = frozenset({AffiliateStatus.ACTIVE, AffiliateStatus.PENDING})


def commission_of(row: Row) -> Commission:
    """Read a commission from its row."""
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    values["rate"] = None if row["rate"] is None else Decimal(plain(row["rate"]))
    values["kind"], values["state"] = CommissionKind(row["kind"]), CommissionState(row["state"])
    return Commission(**values)


async def insert(
    connection: Connection, account_id: int, drafts: Sequence[Draft], ids: Sequence[int], at: datetime
) -> list[Commission]:
    """Write new commissions, and give those whose origin nobody had used before."""
    made = [
        Commission(
            **msgspec.structs.asdict(draft), id=new_id, state=CommissionState.OPEN, payout_id=None, paid_at=None,
            created_at=whole_second(at), updated_at=whole_second(at),
        )
        for draft, new_id in zip(drafts, ids, strict=True)
    ]  # fmt: skip
    written = {row["id"] for row in await connection.fetch(_INSERT, account_id, made)}
    return [one for one in made if one.id in written]


async def lock(connection: Connection, account_id: int, column: str, value: int) -> list[Commission]:
    """Give the commissions of a purchase (`purchase_id`) or a submission (`lead_id`), or one (`id`), locked."""
    sql = f"SELECT {COLUMNS} FROM commissions WHERE account_id = $1 AND {column} = $2 ORDER BY id FOR UPDATE"
    return [commission_of(row) for row in await connection.fetch(sql, account_id, value)]


async def change(
    connection: Connection, account_id: int, changed: Sequence[Commission], at: datetime
) -> None:
    """Write new amounts with their rates and reasons."""
    rows = [
        {"id": c.id, "amount": c.amount, "rate": c.rate, "tier": c.tier, "reason": c.reason} for c in changed
    ]
    if rows:
        await connection.execute(_CHANGE, account_id, at, rows)


async def cancel(
    connection: Connection,
    account_id: int,
    ids: Collection[int],
    at: datetime,
    *,
    note: str | None = None,
    frees_origin: bool = False,
) -> None:
    """Cancel commissions; `frees_origin` when the same event may make them again."""
    await connection.execute(_CANCEL, account_id, list(ids), at, note, frees_origin)


async def pay(connection: Connection, account_id: int, ids: Collection[int], at: datetime) -> None:
    """Mark commissions as paid."""
    await connection.execute(_PAY, account_id, list(ids), at)


async def release(
    connection: Connection, account_id: int, ids: Collection[int], at: datetime, *, note: str
) -> None:
    """Hold commissions no longer, whose note says so no longer either."""
    await connection.execute(_RELEASE, account_id, list(ids), at, note)


async def hold(
    connection: Connection, account_id: int, ids: Collection[int], at: datetime, *, note: str
) -> None:
    """Let commissions wait for a person's word."""
    await connection.execute(_HOLD, account_id, list(ids), at, note)


async def lock_open(
    connection: Connection,
    account_id: int,
    *,
    affiliate_id: int | None,
    person_id: int | None,
    purchase_id: int | None,
) -> list[Commission]:
    """Give the commissions of somebody or something that may still change, locked; None is no filter."""
    rows = await connection.fetch(_LOCK_OPEN, account_id, affiliate_id, person_id, purchase_id)
    return [commission_of(row) for row in rows]


async def chain(connection: Connection, account_id: int, affiliate_id: int, levels: int) -> list[ChainLink]:
    """Give an affiliate and at most `levels` above it, with groups, without counts."""
    return [
        ChainLink(row["id"], row["group_code"], earns=row["status"] in _EARNING)
        for row in await connection.fetch(_CHAIN, account_id, affiliate_id, levels)
    ]


async def lock_affiliates(connection: Connection, account_id: int, ids: Sequence[int]) -> None:
    """Let nobody else count these affiliates' purchases until the unit of work ends."""
    await connection.execute(
        "SELECT id FROM affiliates WHERE account_id = $1 AND id = ANY($2::bigint[])"
        " ORDER BY id FOR NO KEY UPDATE",
        account_id,
        ids,
    )


class Brought(msgspec.Struct, frozen=True):
    """How much an affiliate brought in a currency; `amount` in micro-units."""

    affiliate_id: int
    currency: str
    number: int
    amount: int


async def purchases_of(
    connection: Connection, account_id: int, ids: Sequence[int], start: datetime, end: datetime
) -> list[Brought]:
    """Sum up the purchases of a period that stand, by affiliate and currency."""
    return _brought(await connection.fetch(_PURCHASES, account_id, ids, start, end))


async def sold_leads_of(
    connection: Connection, account_id: int, ids: Sequence[int], start: datetime, end: datetime
) -> list[Brought]:
    """Sum up what leads brought in which affiliates were given a share in a period, by affiliate and currency."""
    return _brought(await connection.fetch(_SOLD_LEADS, account_id, ids, start, end))


def _brought(rows: Sequence[Row]) -> list[Brought]:
    return [Brought(row["affiliate_id"], row["currency"], row["number"], int(row["amount"])) for row in rows]


async def earns(connection: Connection, account_id: int, affiliate_id: int) -> bool:
    """Tell whether an affiliate earns anything from now on."""
    status = await connection.fetchval(
        "SELECT status FROM affiliates WHERE account_id = $1 AND id = $2", account_id, affiliate_id
    )
    return status in _EARNING


async def rate(
    connection: Connection, account_id: int, currency: str, to_currency: str, day: date
) -> Decimal | None:
    """Give what one of a currency was worth on a day, by the latest rate until then."""
    found: Decimal | None = await connection.fetchval(_RATE, account_id, currency, to_currency, day)
    return None if found is None else Decimal(plain(found))


async def put_rate(
    connection: Connection, account_id: int, currency: str, to_currency: str, day: date, value: Decimal
) -> None:
    """Write the rate of a day, new or instead of the old."""
    await connection.execute(_PUT_RATE, account_id, currency, to_currency, day, value)


async def rates(
    connection: Connection,
    account_id: int,
    currency: str | None,
    to_currency: str | None,
    *,
    limit: int,
    offset: int,
) -> tuple[list[tuple[str, str, date, Decimal]], int]:
    """Give rates, the latest days first, and how many there are; None is no filter."""
    rows = await connection.fetch(_RATES, account_id, currency, to_currency, limit, offset)
    total = await connection.fetchval(_COUNT_RATES, account_id, currency, to_currency)
    found = [(row["currency"], row["to_currency"], row["day"], Decimal(plain(row["rate"]))) for row in rows]
    return found, int(total)


async def delete_rate(
    connection: Connection, account_id: int, currency: str, to_currency: str, day: date
) -> Decimal | None:
    """Forget the rate of a day; gives what it was, None where there was none."""
    found: Decimal | None = await connection.fetchval(_DELETE_RATE, account_id, currency, to_currency, day)
    return None if found is None else Decimal(plain(found))
