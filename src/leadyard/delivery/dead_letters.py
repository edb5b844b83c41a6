"""The messages of the outbox as an operator sees them, and sending them again."""

from datetime import datetime
from typing import Any

import msgspec

from leadyard.delivery.outbox import MessageState
from leadyard.storage.database import LARGEST_ID, Connection

_COLUMNS = "id, webhook_id, event, lead_id, payload, state, tries, due_at, created_at, last_error"

# The state is written into the statement: a partial index cannot serve a parameter.
_PAGE = {
    state: f"""
    SELECT {_COLUMNS} FROM outbox
    WHERE account_id = $1 AND {"true" if state is None else f"state = {int(state)}"}
      AND ($2::bigint IS NULL OR webhook_id = $2) AND id < $3
    ORDER BY id DESC LIMIT $4
    """
    for state in (None, *MessageState)
}

_REPLAY_ONE = """
UPDATE outbox SET state = 0, tries = 0, due_at = $3, last_error = NULL
WHERE account_id = $1 AND id = $2 AND state <> 0 RETURNING id
"""

_REPLAY_DEAD = """
UPDATE outbox SET state = 0, tries = 0, due_at = $3, last_error = NULL
WHERE account_id = $1 AND state = 2 AND ($2::bigint IS NULL OR webhook_id = $2) RETURNING id
"""

_STATE = "SELECT state FROM outbox WHERE account_id = $1 AND id = $2"


class StoredMessage(msgspec.Struct, frozen=True):
    """A message as it stands; `tries` counts the tries since it was queued or sent again."""

    id: int
    webhook_id: int
    event: str
    lead_id: int | None
    payload: dict[str, Any]
    state: MessageState
    tries: int
    due_at: datetime
    created_at: datetime
    last_error: str | None


async def messages(
    connection: Connection,
    account_id: int,
    state: MessageState | None,
    webhook_id: int | None,
    before_id: int | None,
    most: int,
) -> list[StoredMessage]:
    """List messages by falling id."""
    rows = await connection.fetch(_PAGE[state], account_id, webhook_id, before_id or LARGEST_ID, most)
    return [StoredMessage(**{**dict(row), "state": MessageState(row["state"])}) for row in rows]


async def replay(connection: Connection, account_id: int, message_id: int, now: datetime) -> bool | None:
    """Send a message again that was sent or given up; False when it is waiting anyhow, None when there is none."""
    if await connection.fetchval(_REPLAY_ONE, account_id, message_id, now) is not None:
        return True
    return None if await connection.fetchval(_STATE, account_id, message_id) is None else False


async def replay_dead(connection: Connection, account_id: int, webhook_id: int | None, now: datetime) -> int:
    """Send all messages again that were given up, of one webhook or of all; gives how many."""
    return len(await connection.fetch(_REPLAY_DEAD, account_id, webhook_id, now))
