"""The statements of returns, assignments and feedback."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.model import Delivery
from leadyard.leads.after_sale.model import Feedback, LeadReturn, ReturnState, Sale
from leadyard.leads.model import AttemptState, Lead
from leadyard.reports.model import hour_of
from leadyard.storage.counters import next_id
from leadyard.storage.database import LARGEST_ID, Connection, Row

_SALES = """
SELECT lead_id, number, delivery_id, buyer_id, state, revenue, coalesce(finished_at, started_at) AS sold_at
FROM delivery_attempts WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) AND state IN (2, 8, 9, 10)
ORDER BY lead_id, number
"""

_MOVE_SALES = """
UPDATE delivery_attempts a SET state = $3 FROM unnest($2::bigint[], $4::smallint[]) AS row (lead_id, number)
WHERE a.account_id = $1 AND a.lead_id = row.lead_id AND a.number = row.number
"""

_STORE_SALE = """
UPDATE leads SET sale_status = $3, standing = $4, payout = $5, revenue = $6 WHERE account_id = $1 AND id = $2
"""

_RETURN_COLUMNS = ", ".join(LeadReturn.__struct_fields__)

_INSERT_RETURN = f"""
INSERT INTO lead_returns (account_id, {_RETURN_COLUMNS})
VALUES ($1, {", ".join(f"${place}" for place in range(2, 2 + len(LeadReturn.__struct_fields__)))})
"""

_RETURNS = f"""
SELECT {_RETURN_COLUMNS} FROM lead_returns
WHERE account_id = $1 AND ($2::smallint IS NULL OR state = $2) AND ($3::bigint IS NULL OR buyer_id = $3)
  AND ($4::bigint IS NULL OR lead_id = $4) AND id < $5
ORDER BY id DESC LIMIT $6
"""

_RETURN = f"SELECT {_RETURN_COLUMNS} FROM lead_returns WHERE account_id = $1 AND id = $2"

_WAITING = """
SELECT lead_id FROM lead_returns
WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) AND buyer_id = $3 AND state = 0
"""

_DECIDE_RETURN = """
UPDATE lead_returns SET state = $3, revenue = $4, payout = $5, decided_at = $6, decided_by = $7
WHERE account_id = $1 AND id = $2
"""

_OWN_REASONS = "SELECT code, label, status FROM return_reasons WHERE account_id = $1 ORDER BY id"

_LOCK_BUYER = "SELECT id FROM buyers WHERE account_id = $1 AND id = $2 FOR NO KEY UPDATE"

_TALLY = """
SELECT coalesce(sum(sold), 0)::bigint AS sold, coalesce(sum(returned), 0)::bigint
       + (SELECT count(*) FROM lead_returns WHERE account_id = $1 AND buyer_id = $2
          AND ($3::bigint IS NULL OR delivery_id = $3) AND state = 0
          AND received_at >= $4 AND received_at < $5) AS returned
FROM (
  SELECT sold, returned FROM buyer_rollups WHERE account_id = $1 AND buyer_id = $2
    AND ($3::bigint IS NULL OR delivery_id = $3) AND hour >= $6 AND hour < $5
  UNION ALL
  SELECT sold, returned FROM buyer_deltas WHERE account_id = $1 AND buyer_id = $2
    AND ($3::bigint IS NULL OR delivery_id = $3) AND hour >= $6 AND hour < $5
) AS counted
"""


class Tally(msgspec.Struct):
    """How many leads of a period were sold to a buyer or by a delivery, and how many returned or asked to be."""

    sold: int
    returned: int


async def sales(connection: Connection, account_id: int, lead_ids: Sequence[int]) -> dict[int, list[Sale]]:
    """Read who bought leads, standing or not, in order of the attempts."""
    found: dict[int, list[Sale]] = {}
    for row in await connection.fetch(_SALES, account_id, lead_ids):
        sale = Sale(
            row["number"],
            row["delivery_id"],
            row["buyer_id"],
            AttemptState(row["state"]),
            row["revenue"],
            row["sold_at"],
        )
        found.setdefault(row["lead_id"], []).append(sale)
    return found


async def move_sales(
    connection: Connection, account_id: int, moved: Iterable[tuple[int, int]], state: AttemptState
) -> None:
    """Give attempts, as (lead, number) of locked leads, another state."""
    pairs = list(moved)
    if pairs:
        await connection.execute(
            _MOVE_SALES, account_id, [lead for lead, _ in pairs], state, [number for _, number in pairs]
        )


async def store_sale(connection: Connection, lead: Lead) -> None:
    """Write how a locked lead's sale stands."""
    await connection.execute(
        _STORE_SALE, lead.account_id, lead.id, lead.sale_status, lead.standing, lead.payout, lead.revenue
    )


async def insert_return(connection: Connection, account_id: int, asked: LeadReturn) -> int:
    """Write a return under the next id, which is given."""
    number = await next_id(connection, account_id, "lead_return")
    values = msgspec.structs.astuple(msgspec.structs.replace(asked, id=number))
    await connection.execute(_INSERT_RETURN, account_id, *values)
    return number


async def returns_page(
    connection: Connection,
    account_id: int,
    state: ReturnState | None,
    buyer_id: int | None,
    lead_id: int | None,
    before_id: int | None,
    most: int,
) -> list[LeadReturn]:
    """List returns by falling id."""
    rows = await connection.fetch(
        _RETURNS, account_id, state, buyer_id, lead_id, before_id or LARGEST_ID, most
    )
    return [_return_of(row) for row in rows]


async def find_return(connection: Connection, account_id: int, return_id: int) -> LeadReturn | None:
    """Find a return; whoever decides it locks its lead first."""
    row = await connection.fetchrow(_RETURN, account_id, return_id)
    return None if row is None else _return_of(row)


async def waiting(
    connection: Connection, account_id: int, lead_ids: Sequence[int], buyer_id: int
) -> set[int]:
    """Tell which leads' returns by a buyer wait for the operator."""
    rows = await connection.fetch(_WAITING, account_id, lead_ids, buyer_id)
    return {row["lead_id"] for row in rows}


async def decide_return(connection: Connection, account_id: int, decided: LeadReturn) -> None:
    """Write how a return ended."""
    await connection.execute(
        _DECIDE_RETURN,
        account_id,
        decided.id,
        decided.state,
        decided.revenue,
        decided.payout,
        decided.decided_at,
        decided.decided_by,
    )


async def own_reasons(connection: Connection, account_id: int) -> list[tuple[str, str, str]]:
    """Read an account's own reasons as (code, label, status)."""
    rows = await connection.fetch(_OWN_REASONS, account_id)
    return [(row["code"], row["label"], row["status"]) for row in rows]


async def lock_buyer(connection: Connection, account_id: int, buyer_id: int) -> None:
    """Keep other returns of a buyer waiting until the unit of work ends."""
    await connection.execute(_LOCK_BUYER, account_id, buyer_id)


async def tally(
    connection: Connection,
    account_id: int,
    buyer_id: int,
    delivery_id: int | None,
    start: datetime,
    end: datetime,
) -> Tally:
    """Count the leads received in a period that a buyer, or one delivery to it, bought and gave back."""
    row = await connection.fetchrow(_TALLY, account_id, buyer_id, delivery_id, start, end, hour_of(start))
    return Tally(0, 0) if row is None else Tally(row["sold"], row["returned"])


def _return_of(row: Row) -> LeadReturn:
    return LeadReturn(**{**dict(row), "state": ReturnState(row["state"])})


_FEEDBACK = """
SELECT lead_id, id, buyer_id, feedback, notes, at, actor FROM lead_feedback
WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) AND ($3::bigint IS NULL OR buyer_id = $3)
ORDER BY lead_id, id
"""

_ADD_FEEDBACK = """
INSERT INTO lead_feedback (account_id, lead_id, id, buyer_id, feedback, notes, at, actor)
SELECT $1, lead_id, coalesce((SELECT max(f.id) FROM lead_feedback f
                              WHERE f.account_id = $1 AND f.lead_id = row.lead_id), 0) + 1, $3, $4, $5, $6, $7
FROM unnest($2::bigint[]) AS row (lead_id)
"""

_DROP_FEEDBACK = (
    "DELETE FROM lead_feedback WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) AND buyer_id = $3"
)


async def feedback(
    connection: Connection, account_id: int, lead_ids: Sequence[int], buyer_id: int | None = None
) -> dict[int, list[Feedback]]:
    """Read the feedback on leads, of all or of one buyer (0: internal), in the order of writing."""
    found: dict[int, list[Feedback]] = {}
    for row in await connection.fetch(_FEEDBACK, account_id, lead_ids, buyer_id):
        values = dict(row)
        found.setdefault(values.pop("lead_id"), []).append(Feedback(**values))
    return found


async def replace_feedback(
    connection: Connection, account_id: int, lead_ids: Sequence[int], said: Feedback
) -> None:
    """Write one party's feedback on locked leads in place of any that it gave before."""
    await connection.execute(_DROP_FEEDBACK, account_id, lead_ids, said.buyer_id)
    await connection.execute(
        _ADD_FEEDBACK, account_id, lead_ids, said.buyer_id, said.feedback, said.notes, said.at, said.actor
    )


_INSERT_ASSIGNMENT = """
INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, revenue,
                               started_at, finished_at, holds)
SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, 8, $5, $6, $7, $7, $8::text::jsonb
FROM delivery_attempts WHERE account_id = $1 AND lead_id = $2
RETURNING number
"""


async def insert_assignment(
    connection: Connection,
    lead: Lead,
    delivery: Delivery,
    revenue: int,
    reason: str,
    holds: str | None,
    now: datetime,
) -> int:
    """Write the sale of a locked lead that a person made, with what it holds; gives the attempt's number."""
    number: int = await connection.fetchval(
        _INSERT_ASSIGNMENT,
        lead.account_id,
        lead.id,
        delivery.id,
        delivery.buyer_id,
        reason,
        revenue,
        now,
        holds,
    )
    return number
