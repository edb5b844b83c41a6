"""The statements about plans and their lines."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.affiliates.commissions.rules import Line
from leadyard.affiliates.model import PlanLine
from leadyard.affiliates.plans.model import PlanLineRecord
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Row

_COLUMNS = "id, code, currency, is_default, archived_at"

_DEFAULT = f"SELECT {_COLUMNS} FROM plans WHERE account_id = $1 AND is_default ORDER BY id LIMIT 1"
_BY_CODE = f"SELECT {_COLUMNS} FROM plans WHERE account_id = $1 AND code_key = $2 AND archived_at IS NULL"
_BY_ID = f"SELECT {_COLUMNS} FROM plans WHERE account_id = $1 AND id = $2"

_LIVE_LINES = """
SELECT id, plan_id, settings FROM plan_lines
WHERE account_id = $1 AND plan_id = ANY($2::bigint[]) AND archived_at IS NULL ORDER BY plan_id, position, id
"""

_LINES = "SELECT id, settings FROM plan_lines WHERE account_id = $1 AND id = ANY($2::bigint[]) ORDER BY position, id"

_INSERT_LINE = """
INSERT INTO plan_lines (account_id, id, plan_id, position, settings, created_at) VALUES ($1, $2, $3, $4, $5, $6)
"""

_GROUPS = """
SELECT code_key FROM affiliate_groups WHERE account_id = $1 AND code_key = ANY($2::text[]) AND archived_at IS NULL
"""


async def default(connection: Connection, account_id: int) -> Row | None:
    """Find the default plan."""
    return await connection.fetchrow(_DEFAULT, account_id)


async def by_code(connection: Connection, account_id: int, code: str) -> Row | None:
    """Find a plan in use by its code in any case."""
    return await connection.fetchrow(_BY_CODE, account_id, code.strip().casefold())


async def by_id(connection: Connection, account_id: int, plan_id: int) -> Row | None:
    """Find a plan, archived or not."""
    return await connection.fetchrow(_BY_ID, account_id, plan_id)


async def live_lines(
    connection: Connection, account_id: int, plan_ids: Sequence[int]
) -> dict[int, list[PlanLineRecord]]:
    """Give the lines of plans that are in use, in order, by plan."""
    found: dict[int, list[PlanLineRecord]] = {plan_id: [] for plan_id in plan_ids}
    for row in await connection.fetch(_LIVE_LINES, account_id, plan_ids):
        line = msgspec.convert({**row["settings"], "id": row["id"]}, PlanLineRecord)
        found[row["plan_id"]].append(line)
    return found


async def lines(connection: Connection, account_id: int, line_ids: Sequence[int]) -> list[Line]:
    """Give lines by their ids, archived or not."""
    rows = await connection.fetch(_LINES, account_id, line_ids) if line_ids else []
    return [Line(row["id"], msgspec.convert(row["settings"], PlanLine)) for row in rows]


async def write_lines(
    connection: Connection, account_id: int, plan_id: int, wanted: Sequence[PlanLine], at: datetime
) -> None:
    """Give a plan these lines: equal ones keep their ids, the others are archived and made anew."""
    stored = (await live_lines(connection, account_id, [plan_id]))[plan_id]
    free = [(line.id, line.terms) for line in stored]
    for position, terms in enumerate(wanted, 1):
        known = next((pair for pair in free if pair[1] == terms), None)
        if known is None:
            line_id = await next_id(connection, account_id, "plan_lines")
            await connection.execute(_INSERT_LINE, account_id, line_id, plan_id, position, terms, at)
        else:
            free.remove(known)
            await connection.execute(
                "UPDATE plan_lines SET position = $3 WHERE account_id = $1 AND id = $2",
                account_id,
                known[0],
                position,
            )
    await connection.execute(
        "UPDATE plan_lines SET archived_at = $3 WHERE account_id = $1 AND id = ANY($2::bigint[])",
        account_id,
        [line_id for line_id, _ in free],
        at,
    )


async def unset_other_defaults(connection: Connection, account_id: int, plan_id: int) -> None:
    """Leave one plan as the default."""
    await connection.execute(
        "UPDATE plans SET is_default = false WHERE account_id = $1 AND id <> $2 AND is_default",
        account_id,
        plan_id,
    )


async def known_groups(connection: Connection, account_id: int, codes: Sequence[str]) -> set[str]:
    """Tell which codes, in lower case, are those of groups in use."""
    return {row["code_key"] for row in await connection.fetch(_GROUPS, account_id, codes)}


async def put_out_of_use(connection: Connection, account_id: int, plan_id: int, at: datetime) -> None:
    """Archive a plan; its lines stay as they are."""
    await connection.execute(
        "UPDATE plans SET archived_at = $3, updated_at = $3 WHERE account_id = $1 AND id = $2",
        account_id,
        plan_id,
        at,
    )
