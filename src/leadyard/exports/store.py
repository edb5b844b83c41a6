"""The statements of exports: one page of rows each, in the order of their keys, between two ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from leadyard.affiliates.exporting import PROGRAMME
from leadyard.campaigns.configuration import AccountSetup
from leadyard.kit import clock
from leadyard.leads.model import AttemptState, SystemStatus
from leadyard.leads.reading import HELD, LeadFilter, conditions_of
from leadyard.storage.database import Connection, Row, compiled, fetch
from leadyard.storage.tables.exchange import sub_suppliers
from leadyard.storage.tables.leads import delivery_attempts
from leadyard.storage.tables.leads import leads as table

Key = tuple[int, int]
"""Where a row stands: its id, and its number where one id has several rows."""


class Range(msgspec.Struct, frozen=True):
    """The ids between which the rows of an export lie, both inside; an empty one has its last before its first."""

    first: int
    last: int


class Wanted(msgspec.Struct, frozen=True):
    """What rows other than leads have in common; None is no condition, times are from (inside) to (outside)."""

    account_id: int
    buyer_id: int | None = None
    delivery_ids: Sequence[int] | None = None
    lead_id: int | None = None
    state: int | None = None
    kind: str | None = None
    book: str | None = None
    party_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    affiliate_id: int | None = None
    status: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """A query whose last four parameters are the key behind which it begins (two), the last id and the most rows."""

    sql: str
    values: tuple[Any, ...]

    async def page(self, connection: Connection, after: Key, until: int, most: int) -> Sequence[Row]:
        """Read one page."""
        return await connection.fetch(self.sql, *self.values, *after, until, most)


def leads_statement(
    setup: AccountSetup, wanted: LeadFilter, members: frozenset[str], holder_id: int | None
) -> Statement:
    """Compose the query for pages of leads; of which only these members are read.

    `holder_id` is the buyer whose charges `charged` tells.
    """
    columns = [_column(name, holder_id) for name in sorted(members | {"id"})]
    sql, values = compiled(sa.select(*columns).where(*conditions_of(setup, wanted)))
    after, number, until, most = (f"${len(values) + place}::bigint" for place in (1, 2, 3, 4))
    sql += f" AND leads.id > {after} AND {number} >= 0 AND leads.id <= {until} ORDER BY leads.id LIMIT {most}"
    return Statement(sql, values)


def _column(name: str, holder_id: int | None) -> sa.ColumnElement[Any]:
    if name in table.c:
        return table.c[name]
    attempts = delivery_attempts.c
    of_lead = (attempts.account_id == table.c.account_id) & (attempts.lead_id == table.c.id)
    if name == "holders":
        held = sa.select(attempts.buyer_id).where(of_lead, attempts.state.in_(HELD)).order_by(attempts.number)
        return sa.func.array(held.scalar_subquery()).label(name)
    if name == "charged":
        bought = attempts.state.in_([AttemptState.SOLD, AttemptState.ASSIGNED])
        charged = sa.select(sa.func.coalesce(sa.func.sum(attempts.revenue), 0).cast(sa.BigInteger))
        return charged.where(of_lead, attempts.buyer_id == holder_id, bought).scalar_subquery().label(name)
    of_partner = sub_suppliers.c.account_id == table.c.account_id
    ssid = sa.select(sub_suppliers.c.ssid).where(of_partner, sub_suppliers.c.id == table.c.sub_supplier_id)
    return ssid.scalar_subquery().label(name)


async def leads_range(connection: Connection, setup: AccountSetup, wanted: LeadFilter) -> Range:
    """Find between which ids the leads lie, as of now.

    Where only few leads may fit, they are counted too: a lone minimum would be looked for along the ids, one by one.
    """
    if not _is_narrow(wanted):
        everything = sa.select(sa.func.max(table.c.id).label("last")).where(
            table.c.account_id == setup.account.id
        )
        (row,) = await fetch(connection, everything)
        return Range(1, row["last"] or 0)
    ends = sa.func.count(), sa.func.min(table.c.id).label("first"), sa.func.max(table.c.id).label("last")
    (row,) = await fetch(connection, sa.select(*ends).where(*conditions_of(setup, wanted)))
    return Range(row["first"] or 1, row["last"] or 0)


def _is_narrow(wanted: LeadFilter) -> bool:
    found = (wanted.received_from, wanted.received_to, wanted.email, wanted.phone, wanted.attempt)
    return any(value is not None for value in found) or wanted.system_status is SystemStatus.QUARANTINED


_ATTEMPTS = """
SELECT lead_id, number, delivery_id, buyer_id, state, reason, revenue, offer, started_at, finished_at
FROM delivery_attempts
WHERE account_id = $1 AND ($2::bigint IS NULL OR buyer_id = $2) AND ($3::bigint[] IS NULL OR delivery_id = ANY($3))
  AND ($4::smallint IS NULL OR state = $4)
  AND ($5::timestamptz IS NULL OR started_at >= $5) AND ($6::timestamptz IS NULL OR started_at < $6)
  AND (lead_id, number) > ($7::bigint, $8::smallint) AND lead_id <= $9::bigint
ORDER BY lead_id, number LIMIT $10::bigint
"""

_RETURNS = """
SELECT id, lead_id, buyer_id, delivery_id, reason, state, reverse_payout, revenue, payout, currency, received_at,
       asked_at, asked_by, decided_at, decided_by
FROM lead_returns
WHERE account_id = $1 AND ($2::bigint IS NULL OR buyer_id = $2) AND ($3::bigint[] IS NULL OR delivery_id = ANY($3))
  AND ($4::smallint IS NULL OR state = $4)
  AND ($5::timestamptz IS NULL OR asked_at >= $5) AND ($6::timestamptz IS NULL OR asked_at < $6)
  AND id > $7::bigint AND $8::bigint >= 0 AND id <= $9::bigint
ORDER BY id LIMIT $10::bigint
"""

_FEEDBACK = """
SELECT lead_id, id, buyer_id, feedback, notes, at, actor
FROM lead_feedback
WHERE account_id = $1 AND ($2::bigint IS NULL OR buyer_id = $2)
  AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
  AND (lead_id, id) > ($5::bigint, $6::bigint) AND lead_id <= $7::bigint
ORDER BY lead_id, id LIMIT $8::bigint
"""

_LEDGER = """
SELECT p.entry_id, p.line, e.kind, e.at, e.lead_id, e.memo, p.book, p.party_id, p.currency, p.amount
FROM ledger_postings p JOIN ledger_entries e ON e.account_id = p.account_id AND e.id = p.entry_id
WHERE p.account_id = $1 AND e.account_id = $1 AND ($2::text IS NULL OR p.book = $2)
  AND ($3::bigint IS NULL OR p.party_id = $3) AND ($4::text IS NULL OR e.kind = $4)
  AND ($5::bigint IS NULL OR e.lead_id = $5)
  AND ($6::timestamptz IS NULL OR e.at >= $6) AND ($7::timestamptz IS NULL OR e.at < $7)
  AND (p.entry_id, p.line) > ($8::bigint, $9::smallint) AND e.id >= $8::bigint
  AND p.entry_id <= $10::bigint AND e.id <= $10::bigint
ORDER BY p.entry_id, p.line LIMIT $11::bigint
"""

_ENDS = {
    "attempts": "SELECT min(lead_id) AS first, max(lead_id) AS last FROM delivery_attempts WHERE account_id = $1",
    "returns": "SELECT min(id) AS first, max(id) AS last FROM lead_returns WHERE account_id = $1",
    "feedback": "SELECT min(lead_id) AS first, max(lead_id) AS last FROM lead_feedback WHERE account_id = $1",
    "ledger": "SELECT min(id) AS first, max(id) AS last FROM ledger_entries WHERE account_id = $1",
}


def statement_of(name: str, wanted: Wanted) -> Statement:
    """Give the query for pages of attempts, returns, feedback, postings of the ledger or rows of the programme."""
    times = (wanted.start, wanted.end)
    if name in PROGRAMME:
        asked = (clock.now(), wanted.affiliate_id, wanted.status)
        return Statement(PROGRAMME[name].sql, (wanted.account_id, *asked, *times))
    if name == "ledger":
        values = (wanted.account_id, wanted.book, wanted.party_id, wanted.kind, wanted.lead_id, *times)
        return Statement(_LEDGER, values)
    if name == "feedback":
        return Statement(_FEEDBACK, (wanted.account_id, wanted.buyer_id, *times))
    sql = _ATTEMPTS if name == "attempts" else _RETURNS
    return Statement(sql, (wanted.account_id, wanted.buyer_id, wanted.delivery_ids, wanted.state, *times))


async def range_of(connection: Connection, account_id: int, name: str) -> Range:
    """Find between which ids an account's rows lie, as of now."""
    ends = PROGRAMME[name].ends if name in PROGRAMME else _ENDS[name]
    row = await connection.fetchrow(ends, account_id)
    return Range(1, 0) if row is None or row["last"] is None else Range(row["first"], row["last"])
