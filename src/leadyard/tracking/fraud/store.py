"""The rows of signals, and the counts that raise them."""

from datetime import datetime
from typing import Any

from leadyard.storage.counters import take_ids
from leadyard.storage.database import Connection, Row
from leadyard.tracking.fraud.model import Signal, SignalState

_RAISE = """
INSERT INTO fraud_signals (account_id, id, kind, affiliate_id, person_id, purchase_id, detail, at, state, origin)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)
ON CONFLICT (account_id, origin) DO NOTHING
"""
_IS_RAISED = "SELECT EXISTS (SELECT FROM fraud_signals WHERE account_id = $1 AND origin = $2)"

_DECIDE = """
UPDATE fraud_signals SET state = $3, decided_by = $4, decided_at = $5 WHERE account_id = $1 AND id = $2 RETURNING *
"""

_PAGE = """
SELECT * FROM fraud_signals
WHERE account_id = $1 AND ($2::smallint IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
  AND ($4::bigint IS NULL OR affiliate_id = $4)
ORDER BY id DESC LIMIT $5 OFFSET $6
"""
_TOTAL = """
SELECT count(*) FROM fraud_signals
WHERE account_id = $1 AND ($2::smallint IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
  AND ($4::bigint IS NULL OR affiliate_id = $4)
"""
_FIND = "SELECT * FROM fraud_signals WHERE account_id = $1 AND id = $2"

_NETWORKS = """
SELECT t.affiliate_id, t.network, count(DISTINCT t.visitor_id) AS visitors, min(t.at) AS since,
  (array_agg(DISTINCT t.remote_ip))[1:256] AS addresses
FROM (
  SELECT t.affiliate_id, t.visitor_id, t.at, t.remote_ip,
    network(set_masklen(t.remote_ip::inet, CASE family(t.remote_ip::inet) WHEN 4 THEN 24 ELSE 48 END))::text
      AS network
  FROM affiliates a
  JOIN touches t ON t.account_id = a.account_id AND t.affiliate_id = a.id AND t.at >= $2
  WHERE a.account_id = $1 AND t.remote_ip IS NOT NULL AND t.visitor_id IS NOT NULL
) AS t
GROUP BY t.affiliate_id, t.network
HAVING count(DISTINCT t.visitor_id) >= $3
ORDER BY t.affiliate_id, t.network
"""

_WITH_AFFILIATES = """
SELECT id FROM accounts c WHERE EXISTS (SELECT FROM affiliates a WHERE a.account_id = c.id) ORDER BY id
"""

_ADDRESSES = (
    "SELECT email_key, lower(trim(paypal_email)) AS paypal FROM affiliates WHERE account_id = $1 AND id = $2"
)


async def raise_signal(connection: Connection, account_id: int, signal: Signal) -> None:
    """Put a signal into the queue; one that is there already, decided or not, stays as it is."""
    if await connection.fetchval(_IS_RAISED, account_id, signal.origin):
        return
    [signal_id] = await take_ids(connection, account_id, "fraud_signals")
    await connection.execute(
        _RAISE, account_id, signal_id, signal.kind, signal.affiliate_id, signal.person_id, signal.purchase_id,
        signal.detail, signal.at, signal.origin,
    )  # fmt: skip


async def decide(
    connection: Connection, account_id: int, signal_id: int, state: SignalState, actor: str, at: datetime
) -> Row | None:
    """Write down what a person made of a signal."""
    return await connection.fetchrow(_DECIDE, account_id, signal_id, int(state), actor, at)


async def find(connection: Connection, account_id: int, signal_id: int) -> Row | None:
    """Find a signal."""
    return await connection.fetchrow(_FIND, account_id, signal_id)


async def page(
    connection: Connection, account_id: int, *filters: Any, limit: int, offset: int
) -> tuple[list[Row], int]:
    """Give signals of a state, kind and affiliate, each or None, newest first, and how many there are."""
    rows = await connection.fetch(_PAGE, account_id, *filters, limit, offset)
    return list(rows), int(await connection.fetchval(_TOTAL, account_id, *filters))


async def networks(connection: Connection, account_id: int, since: datetime, least: int) -> list[Row]:
    """Count the visitors of each affiliate by network (/24, /48), where there are at least so many.

    `addresses` are those of the network from which they came, at most 256 of them.
    """
    return list(await connection.fetch(_NETWORKS, account_id, since, least))


async def accounts_with_affiliates(connection: Connection) -> list[int]:
    """List the accounts whose visits can look wrong."""
    return [row["id"] for row in await connection.fetch(_WITH_AFFILIATES)]


async def affiliates_addresses(connection: Connection, account_id: int, affiliate_id: int) -> set[str]:
    """Give an affiliate's own addresses, as they are compared."""
    row = await connection.fetchrow(_ADDRESSES, account_id, affiliate_id)
    return set() if row is None else {row["email_key"], row["paypal"]} - {None}
