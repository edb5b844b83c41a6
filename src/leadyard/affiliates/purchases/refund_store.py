"""The statements about refunds that billing systems told of."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.affiliates.purchases.model import Refund
from leadyard.kit.money import to_micros
from leadyard.storage.database import Connection

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

_KNOWN = "SELECT purchase_code FROM purchases WHERE account_id = $1 AND purchase_code = ANY($2::text[])"

_NOTE = """
INSERT INTO purchase_refunds AS known (account_id, purchase_code, refund_code, amount, currency, source, at)
SELECT $1, code, $3, $4, $5, $6, $7 FROM unnest($2::text[]) AS code
ON CONFLICT (account_id, purchase_code, refund_code) DO UPDATE SET amount = excluded.amount
WHERE excluded.amount > known.amount
"""

_OPEN = """
SELECT refund_code, amount, taken, currency, source FROM purchase_refunds
WHERE account_id = $1 AND purchase_code = $2 AND (amount IS NULL OR amount > taken) ORDER BY at, refund_code FOR UPDATE
"""

_TAKE = """
UPDATE purchase_refunds SET taken = amount
WHERE account_id = $1 AND purchase_code = $2 AND refund_code = ANY($3::text[])
"""

_TAKEN = "SELECT coalesce(sum(taken), 0) FROM purchase_refunds WHERE account_id = $1 AND purchase_code = $2"


class OpenRefund(msgspec.Struct, frozen=True):
    """A refund of which the purchase does not tell yet, in micro-units; without amount it was all of it."""

    refund_code: str
    amount: int | None
    taken: int
    currency: str | None
    source: str


async def lock(connection: Connection, account_id: int, purchase_codes: Sequence[str]) -> None:
    """Let purchases and refunds of these codes wait for each other until the unit of work ends.

    A refund that finds no purchase has no row to lock, and neither has a purchase that finds no refund: without this,
    each could miss the other.
    """
    for code in sorted(purchase_codes):
        await connection.execute(_LOCK, f"refunds {account_id} {code}")


async def known_codes(connection: Connection, account_id: int, purchase_codes: Sequence[str]) -> set[str]:
    """Tell which of these codes are those of purchases."""
    return {row["purchase_code"] for row in await connection.fetch(_KNOWN, account_id, list(purchase_codes))}


async def note(
    connection: Connection, account_id: int, purchase_codes: Sequence[str], refund: Refund, at: datetime
) -> None:
    """Keep a refund under these codes; one that is known can only grow, as a total does."""
    amount = None if refund.amount is None else to_micros(refund.amount)
    await connection.execute(
        _NOTE,
        account_id,
        list(purchase_codes),
        refund.refund_code,
        amount,
        refund.currency,
        refund.source,
        at,
    )


async def still_open(connection: Connection, account_id: int, purchase_code: str) -> list[OpenRefund]:
    """Give the refunds that the purchase does not tell of yet, locked."""
    rows = await connection.fetch(_OPEN, account_id, purchase_code)
    return [OpenRefund(*row.values()) for row in rows]


async def take(
    connection: Connection, account_id: int, purchase_code: str, refund_codes: Sequence[str]
) -> None:
    """Write down that the purchase was lowered by these refunds."""
    await connection.execute(_TAKE, account_id, purchase_code, list(refund_codes))


async def taken(connection: Connection, account_id: int, purchase_code: str) -> int:
    """Tell by how much, in micro-units, refunds have lowered a purchase."""
    return int(await connection.fetchval(_TAKEN, account_id, purchase_code))
