"""The statements of payouts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.affiliates.commissions.model import Commission
from leadyard.affiliates.commissions.reading_store import FROM, STATUS
from leadyard.affiliates.commissions.store import COLUMNS, commission_of
from leadyard.affiliates.model import PAYOUT_STATES, PayoutMethod, PayoutState
from leadyard.affiliates.payouts.files import BANK_FIELDS
from leadyard.affiliates.payouts.model import Payee, Payout, RunListed
from leadyard.storage.database import Connection, Row

LEASE_SECONDS = 120
"""Longer than any call to a receiver may take: whoever claimed a payout that long ago is gone."""

_STATES = tuple(PayoutState)
_PAYOUT = (
    "account_id, id, run_id, affiliate_id, currency, amount, method, state, reference, details, tries, problem,"
    " created_at, paid_at"
)

_DUE = f"""
SELECT c.* {FROM}
WHERE c.account_id = $1 AND c.state = 0 AND c.payout_id IS NULL AND {STATUS} = 'due'
  AND ($3::bigint[] = '{{}}' OR c.affiliate_id = ANY($3::bigint[]))
ORDER BY c.id FOR UPDATE OF c
"""

_TIE = "UPDATE commissions SET payout_id = $2 WHERE account_id = $1 AND id = ANY($3::bigint[])"
_UNTIE = "UPDATE commissions SET payout_id = NULL WHERE account_id = $1 AND payout_id = $2 AND state = 0"
_LINES = f"SELECT {COLUMNS} FROM commissions WHERE account_id = $1 AND payout_id = $2 ORDER BY id"
_LINES_OF = f"SELECT {COLUMNS} FROM commissions WHERE account_id = $1 AND id = ANY($2::bigint[]) ORDER BY id"

_RUNS = """
SELECT r.id, r.method, r.until, r.actor AS started_by, r.created_at, p.payouts, p.unsettled
FROM payout_runs r CROSS JOIN LATERAL (
    SELECT count(*) AS payouts, count(*) FILTER (WHERE state <> ALL($4::smallint[])) AS unsettled
    FROM payouts WHERE account_id = $1 AND run_id = r.id
) AS p
WHERE r.account_id = $1 ORDER BY r.id DESC LIMIT $2 OFFSET $3
"""

_INSERT_RUN = """
INSERT INTO payout_runs (account_id, id, method, until, actor, created_at) VALUES ($1, $2, $3, $4, $5, $6)
"""

_INSERT = """
INSERT INTO payouts (account_id, id, run_id, affiliate_id, currency, amount, method, state, reference, details, due_at,
    created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11)
"""

_WANTED = "($2::bigint IS NULL OR affiliate_id = $2) AND ($3::int IS NULL OR state = $3)"
_PAGE = (
    f"SELECT {_PAYOUT} FROM payouts WHERE account_id = $1 AND {_WANTED} ORDER BY id DESC LIMIT $4 OFFSET $5"
)
_COUNT = f"SELECT count(*) FROM payouts WHERE account_id = $1 AND {_WANTED}"

_SETTLE = """
UPDATE payouts SET state = $3, problem = $4, due_at = $5, paid_at = $6, details = details || $7, worker_id = NULL
WHERE account_id = $1 AND id = $2
"""

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM payouts WHERE due_at <= $1"

_CLAIM = f"""
UPDATE payouts SET state = 1, tries = tries + 1, due_at = $2 + make_interval(secs => {LEASE_SECONDS}),
    details = details || jsonb_build_object('before', state)
WHERE account_id = $1 AND id IN (
    SELECT id FROM payouts WHERE account_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING {_PAYOUT}
"""

_BANK = ", ".join(f"'{name}', a.custom_fields->>'{name}'" for name in BANK_FIELDS)
_PAYEES = f"""
SELECT a.id, a.email, concat_ws(' ', a.first_name, a.last_name) AS name, coalesce(a.paypal_email, a.email) AS paypal_email,
    jsonb_strip_nulls(jsonb_build_object({_BANK})) AS bank
FROM affiliates a WHERE a.account_id = $1 AND a.id = ANY($2::bigint[])
"""


def payout_of(row: Row) -> Payout:
    """Read a payout from its row."""
    values: dict[str, Any] = dict(row)
    values["state"], values["method"] = _STATES[row["state"]], PayoutMethod(row["method"])
    return Payout(**values)


async def due(
    connection: Connection, account_id: int, until: datetime, affiliate_ids: Sequence[int]
) -> list[Commission]:
    """Give what is due and not promised to another payout, locked; of all affiliates when none is named."""
    rows = await connection.fetch(_DUE, account_id, until, affiliate_ids)
    return [commission_of(row) for row in rows]


async def insert_run(
    connection: Connection,
    account_id: int,
    run_id: int,
    method: PayoutMethod,
    until: datetime,
    actor: str,
    at: datetime,
) -> None:
    """Write a run."""
    await connection.execute(_INSERT_RUN, account_id, run_id, method, until, actor, at)


async def insert(
    connection: Connection, payout: Payout, commission_ids: Collection[int], due_at: datetime | None
) -> None:
    """Write a payout and tie its commissions to it; `due_at` is when the worker shall send it, None: never."""
    await connection.execute(
        _INSERT, payout.account_id, payout.id, payout.run_id, payout.affiliate_id, payout.currency, payout.amount,
        payout.method, payout.reference, payout.details, due_at, payout.created_at,
    )  # fmt: skip
    await connection.execute(_TIE, payout.account_id, payout.id, list(commission_ids))


async def find(
    connection: Connection, account_id: int, payout_id: int, *, lock: bool = False
) -> Payout | None:
    """Give a payout, its row locked where that is asked."""
    row = await connection.fetchrow(
        f"SELECT {_PAYOUT} FROM payouts WHERE account_id = $1 AND id = $2{' FOR UPDATE' if lock else ''}",
        account_id,
        payout_id,
    )
    return None if row is None else payout_of(row)


async def find_run(connection: Connection, account_id: int, run_id: int) -> Row | None:
    """Give a run's row."""
    return await connection.fetchrow(
        "SELECT id, method, until, created_at FROM payout_runs WHERE account_id = $1 AND id = $2",
        account_id,
        run_id,
    )


async def page_of_runs(
    connection: Connection, account_id: int, *, limit: int, offset: int
) -> tuple[list[RunListed], int]:
    """Give runs, newest first, and how many there are."""
    settled = [PAYOUT_STATES[PayoutState.PAID], PAYOUT_STATES[PayoutState.FAILED]]
    rows = await connection.fetch(_RUNS, account_id, limit, offset, settled)
    total = await connection.fetchval("SELECT count(*) FROM payout_runs WHERE account_id = $1", account_id)
    return [msgspec.convert(dict(row), RunListed) for row in rows], int(total)


async def of_run(connection: Connection, account_id: int, run_id: int) -> list[Payout]:
    """Give a run's payouts in the order of their ids."""
    rows = await connection.fetch(
        f"SELECT {_PAYOUT} FROM payouts WHERE account_id = $1 AND run_id = $2 ORDER BY id",
        account_id,
        run_id,
    )
    return [payout_of(row) for row in rows]


async def page(
    connection: Connection,
    account_id: int,
    *,
    affiliate_id: int | None,
    state: PayoutState | None,
    limit: int,
    offset: int,
) -> tuple[list[Payout], int]:
    """Give payouts, newest first, and how many there are."""
    number = None if state is None else PAYOUT_STATES[state]
    rows = await connection.fetch(_PAGE, account_id, affiliate_id, number, limit, offset)
    total = await connection.fetchval(_COUNT, account_id, affiliate_id, number)
    return [payout_of(row) for row in rows], int(total)


async def settle(
    connection: Connection,
    payout: Payout,
    state: PayoutState,
    *,
    problem: str | None = None,
    due_at: datetime | None = None,
    paid_at: datetime | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write what became of a payout, whose row is locked; `details` are added to those it has."""
    await connection.execute(
        _SETTLE, payout.account_id, payout.id, PAYOUT_STATES[state], problem, due_at, paid_at, details or {}
    )


async def lock_lines(connection: Connection, payout: Payout) -> list[Commission]:
    """Give the open commissions that a payout pays, locked."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM commissions WHERE account_id = $1 AND payout_id = $2 AND state = 0 ORDER BY id FOR UPDATE",
        payout.account_id,
        payout.id,
    )
    return [commission_of(row) for row in rows]


async def lines(connection: Connection, payout: Payout) -> list[Commission]:
    """Give a payout's statement; that of a trial, or of one which failed, by what it was made for."""
    if payout.state is PayoutState.FAILED or not payout.id:
        ids = payout.details.get("commission_ids", [])
        return [commission_of(row) for row in await connection.fetch(_LINES_OF, payout.account_id, ids)]
    return [commission_of(row) for row in await connection.fetch(_LINES, payout.account_id, payout.id)]


async def untie(connection: Connection, payout: Payout) -> None:
    """Let other runs take what a payout did not pay."""
    await connection.execute(_UNTIE, payout.account_id, payout.id)


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have payouts to send or to ask about."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(connection: Connection, account_id: int, now: datetime, most: int) -> list[Payout]:
    """Take payouts to be sent or asked about; they count as sent from the commit on, and come up again if left."""
    return [payout_of(row) for row in await connection.fetch(_CLAIM, account_id, now, most)]


async def payees(connection: Connection, account_id: int, affiliate_ids: Collection[int]) -> dict[int, Payee]:
    """Give whom to pay, by affiliate."""
    rows = await connection.fetch(_PAYEES, account_id, list(affiliate_ids))
    return {
        row["id"]: Payee(row["id"], row["email"], row["name"], row["paypal_email"], row["bank"])
        for row in rows
    }
