"""The rows of events that wait, and of those that were set aside."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.storage.arrays import BIGINT, SMALLINT, TIMESTAMPTZ, UUIDS, Column, Table, texts
from leadyard.storage.database import Connection, Row
from leadyard.tracking.collector.model import Event, EventBody, EventKind, Problem, TakenEvent

_JSONB: Column = ("jsonb", texts)
_EVENTS = Table(account_id=BIGINT, id=UUIDS, at=TIMESTAMPTZ, kind=SMALLINT, body=_JSONB)
_INSERT = f"""
INSERT INTO collector_events (account_id, id, at, kind, body)
SELECT * FROM {_EVENTS.source(1, "n")}
"""

_DUE_ACCOUNTS = """
SELECT id FROM accounts a WHERE EXISTS (SELECT FROM collector_events e WHERE e.account_id = a.id) ORDER BY id
"""

_LATEST = """
SELECT id FROM collector_events WHERE account_id = $1 AND at < coalesce($2::timestamptz, 'infinity') ORDER BY id DESC LIMIT 1
"""

_OPEN_TURN = "INSERT INTO collector_turns (account_id) VALUES ($1) ON CONFLICT DO NOTHING"
_TAKE_TURN = "SELECT account_id FROM collector_turns WHERE account_id = $1 FOR UPDATE"
_TRY_TURN = f"{_TAKE_TURN} SKIP LOCKED"

_WAITING = """
SELECT id, at, kind, body FROM collector_events WHERE account_id = $1 AND id <= $2 ORDER BY id LIMIT $3
"""
_FORGET = "DELETE FROM collector_events WHERE account_id = $1 AND id = ANY($2::uuid[])"

_SET_ASIDE = """
WITH gone AS (DELETE FROM collector_events WHERE account_id = $1 AND id = $2 RETURNING *)
INSERT INTO collector_problems (account_id, id, at, kind, body, problem, set_aside_at)
SELECT account_id, id, at, kind, body, $3, $4 FROM gone
"""
_PUT_BACK = """
WITH gone AS (DELETE FROM collector_problems WHERE account_id = $1 AND id = $2 RETURNING *)
INSERT INTO collector_events (account_id, id, at, kind, body)
SELECT account_id, id, at, kind, body FROM gone RETURNING id
"""
_THROW_AWAY = "DELETE FROM collector_problems WHERE account_id = $1 AND id = $2 RETURNING id"
_PROBLEMS = """
SELECT *, count(*) OVER () AS total FROM collector_problems WHERE account_id = $1
ORDER BY set_aside_at DESC, id DESC LIMIT $2 OFFSET $3
"""


async def insert(connection: Connection, events: Sequence[TakenEvent]) -> None:
    """Write events of any accounts: one statement, which commits by itself."""
    rows = [(e.account_id, e.id, e.at, int(e.kind), e.body) for e in events]
    await connection.execute(_INSERT, *_EVENTS.parameters(rows))


async def due_accounts(connection: Connection) -> list[int]:
    """List the accounts whose events wait."""
    return [row["id"] for row in await connection.fetch(_DUE_ACCOUNTS)]


async def latest(connection: Connection, account_id: int, before: datetime | None) -> UUID | None:
    """Give the id of the latest event that waits."""
    found: UUID | None = await connection.fetchval(_LATEST, account_id, before)
    return found


async def take_turn(connection: Connection, account_id: int, *, waits: bool) -> bool:
    """Become the only one who works the account's events in, until the unit of work ends; False: somebody else is."""
    await connection.execute(_OPEN_TURN, account_id)
    return await connection.fetchval(_TAKE_TURN if waits else _TRY_TURN, account_id) is not None


async def waiting(connection: Connection, account_id: int, last: UUID, most: int) -> list[Event]:
    """Give the first events that wait, up to one of them, in order."""
    return [event_of(row) for row in await connection.fetch(_WAITING, account_id, last, most)]


async def forget(connection: Connection, account_id: int, ids: Sequence[UUID]) -> None:
    """Delete events that are worked in, in the unit of work that did it."""
    await connection.execute(_FORGET, account_id, list(ids))


async def set_aside(
    connection: Connection, account_id: int, event_id: UUID, problem: str, at: datetime
) -> None:
    """Put an event aside with the reason why it cannot be worked in."""
    await connection.execute(_SET_ASIDE, account_id, event_id, problem, at)


async def put_back(connection: Connection, account_id: int, event_id: UUID) -> bool:
    """Let an event that was set aside be tried again; False when there is none."""
    return await connection.fetchval(_PUT_BACK, account_id, event_id) is not None


async def throw_away(connection: Connection, account_id: int, event_id: UUID) -> bool:
    """Delete an event that was set aside; False when there is none."""
    return await connection.fetchval(_THROW_AWAY, account_id, event_id) is not None


async def problems(
    connection: Connection, account_id: int, *, limit: int, offset: int
) -> tuple[list[Problem], int]:
    """Give events that were set aside, newest first, and how many there are up to any page that has some."""
    rows = await connection.fetch(_PROBLEMS, account_id, limit, offset)
    found = [Problem(event_of(row), row["problem"], row["set_aside_at"]) for row in rows]
    return found, rows[0]["total"] if rows else 0


def event_of(row: Row) -> Event:
    """Read an event from its row."""
    return Event(
        UUID(bytes=row["id"].bytes),
        row["at"],
        EventKind(row["kind"]),
        msgspec.convert(row["body"], EventBody),
    )
