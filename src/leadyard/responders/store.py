"""The statements of responders: what is set up, and the messages on their way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.responders.model import MessageState, Push
from leadyard.storage.database import Connection, Row

_PUSHES = """
SELECT id, responder_id, settings FROM responder_pushes
WHERE account_id = $1 AND responder_id = ANY($2::bigint[]) AND NOT removed ORDER BY responder_id, place, id
"""
_REMOVE_PUSHES = """
UPDATE responder_pushes SET removed = true
WHERE account_id = $1 AND responder_id = $2 AND NOT id = ANY($3::bigint[])
"""
_PUT_PUSH = """
INSERT INTO responder_pushes (account_id, id, responder_id, place, settings) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, id) DO UPDATE SET place = excluded.place, settings = excluded.settings
"""
_RESPONDER_OF_PUSH = """
SELECT responder_id FROM responder_pushes WHERE account_id = $1 AND id = $2 AND NOT removed
"""
_WAITING_FOR = """
SELECT id FROM responders WHERE account_id = $1 AND status = 'Active' AND campaign_id = $2
    AND settings->>'trigger' = $3 AND (supplier_id IS NULL OR supplier_id = $4) ORDER BY id
"""
_DUE_ACCOUNTS = """
SELECT account_id FROM responder_occasions
UNION SELECT account_id FROM responder_messages WHERE state = 0 AND due_at <= $1
UNION SELECT account_id FROM responder_messages WHERE state = 1 AND due_at <= $1
"""
_TAKE_OCCASIONS = """
DELETE FROM responder_occasions o WHERE o.account_id = $1 AND (o.lead_id, o.occasion) IN (
    SELECT lead_id, occasion FROM responder_occasions WHERE account_id = $1
    ORDER BY lead_id LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING o.lead_id, o.occasion, o.at
"""
_LEADS = """
SELECT id, campaign_id, supplier_id, currency, received_at, fields, is_test, system_status FROM leads
WHERE account_id = $1 AND id = ANY($2::bigint[])
"""
_QUEUE = """
INSERT INTO responder_messages (account_id, id, responder_id, push_id, lead_id, occasion, channel, campaign_id,
    supplier_id, currency, received_at, due_at, state, recipient, last_error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, '')
ON CONFLICT (account_id, lead_id, push_id, occasion) DO NOTHING
"""
_CLAIM = """
UPDATE responder_messages m SET state = 1, tries = tries + 1, due_at = $2 + interval '5 minutes'
WHERE m.account_id = $1 AND m.id IN (
    SELECT id FROM responder_messages WHERE account_id = $1 AND state = 0 AND due_at <= $2
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING m.id, m.responder_id, m.push_id, m.lead_id, m.channel, m.recipient, m.tries, m.due_at
"""
_GIVE_UP = """
UPDATE responder_messages SET state = 7, last_error = 'The sender ended before it knew the outcome'
WHERE account_id = $1 AND state = 1 AND due_at <= $2
"""
_MARK_LINKS = "UPDATE responder_messages SET links = $3 WHERE account_id = $1 AND id = $2 AND state = 1"
_SETTLE = """
UPDATE responder_messages SET state = $3, due_at = $4, sent_at = $5, reference = $6, cost = $7, last_error = $8
WHERE account_id = $1 AND id = $2 AND state = 1 RETURNING lead_id
"""
_IS_SUPPRESSED = "SELECT true FROM suppressions WHERE account_id = $1 AND channel = $2 AND address = $3"
_SUPPRESS = """
INSERT INTO suppressions (account_id, channel, address, at, source) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""
_UNSUPPRESS = (
    "DELETE FROM suppressions WHERE account_id = $1 AND channel = $2 AND address = $3 RETURNING address"
)
_SUPPRESSIONS = """
SELECT channel, address, at, source, count(*) OVER () AS total FROM suppressions
WHERE account_id = $1 ORDER BY address, channel LIMIT $2 OFFSET $3
"""
_MESSAGE = "SELECT * FROM responder_messages WHERE account_id = $1 AND id = $2"
_LOCK_MESSAGE = "SELECT * FROM responder_messages WHERE account_id = $1 AND id = $2 FOR UPDATE"
_OPENED = """
UPDATE responder_messages SET opened_at = coalesce(opened_at, $3) WHERE account_id = $1 AND id = $2
"""
_CLICKED = "UPDATE responder_messages SET clicks = clicks + 1 WHERE account_id = $1 AND id = $2"
_UNSUBSCRIBED = """
UPDATE responder_messages SET unsubscribed_at = coalesce(unsubscribed_at, $3) WHERE account_id = $1 AND id = $2
"""
_RECEIVED = "UPDATE responder_messages SET state = $3 WHERE account_id = $1 AND id = $2"
_CONVERTED = """
UPDATE responder_messages SET conversions = conversions + 1, revenue = revenue + $3
WHERE account_id = $1 AND id = $2
"""
_MESSAGES = """
SELECT *, count(*) OVER () AS total FROM responder_messages
WHERE account_id = $1 AND ($2::bigint IS NULL OR responder_id = $2) AND ($3::bigint IS NULL OR lead_id = $3)
ORDER BY id DESC LIMIT $4 OFFSET $5
"""


class Claimed(msgspec.Struct, frozen=True):
    """A message that this worker sends; `tries` counts this one."""

    id: int
    responder_id: int
    push_id: int
    lead_id: int
    medium: int
    recipient: str
    tries: int
    until: datetime


class NewMessage(msgspec.Struct, frozen=True):
    """A message to be queued, with the lead's dimensions for the reports."""

    responder_id: int
    push_id: int
    lead_id: int
    occasion: str
    medium: int
    campaign_id: int
    supplier_id: int | None
    currency: str
    received_at: datetime
    due_at: datetime
    recipient: str


class Settled(msgspec.Struct, frozen=True):
    """How a try ended; cost in micro-units."""

    state: MessageState
    due_at: datetime
    sent_at: datetime | None
    reference: str | None
    cost: int
    error: str


async def pushes_of(
    connection: Connection, account_id: int, responder_ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """Give the pushes of responders in their order, as they are stored with their ids."""
    found: dict[int, list[dict[str, Any]]] = {responder_id: [] for responder_id in responder_ids}
    for row in await connection.fetch(_PUSHES, account_id, list(responder_ids)):
        found[row["responder_id"]].append({**row["settings"], "push_id": row["id"]})
    return found


async def put_pushes(
    connection: Connection, account_id: int, responder_id: int, pushes: Sequence[tuple[int, Push]]
) -> None:
    """Give a responder these pushes in this order; the others are taken out and stay for the reports."""
    await connection.execute(_REMOVE_PUSHES, account_id, responder_id, [push_id for push_id, _ in pushes])
    for place, (push_id, push) in enumerate(pushes):
        await connection.execute(_PUT_PUSH, account_id, push_id, responder_id, place, push)


async def responder_of_push(connection: Connection, account_id: int, push_id: int) -> int | None:
    """Find whose push it is; None for an unknown or removed one."""
    found: int | None = await connection.fetchval(_RESPONDER_OF_PUSH, account_id, push_id)
    return found


async def waiting_for(
    connection: Connection, account_id: int, campaign_id: int, occasion: str, supplier_id: int | None
) -> list[int]:
    """List the active responders of a campaign that wait for an occasion of such a lead."""
    rows = await connection.fetch(_WAITING_FOR, account_id, campaign_id, occasion, supplier_id)
    return [row["id"] for row in rows]


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts that have something to do."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def take_occasions(connection: Connection, account_id: int, most: int) -> list[Row]:
    """Take occasions out, to be turned into messages in the same unit of work."""
    return list(await connection.fetch(_TAKE_OCCASIONS, account_id, most))


async def leads(connection: Connection, account_id: int, lead_ids: Sequence[int]) -> dict[int, Row]:
    """Read what messages need of leads."""
    rows = await connection.fetch(_LEADS, account_id, list(lead_ids))
    return {row["id"]: row for row in rows}


async def queue(connection: Connection, account_id: int, message_id: int, message: NewMessage) -> bool:
    """Queue a message; False when the lead has it for this occasion already."""
    values = msgspec.structs.astuple(message)
    return bool(str(await connection.execute(_QUEUE, account_id, message_id, *values)).endswith("1"))


async def claim(connection: Connection, account_id: int, now: datetime, most: int) -> list[Claimed]:
    """Mark due messages as being sent; whoever claims one sends it within five minutes."""
    return [Claimed(*row.values()) for row in await connection.fetch(_CLAIM, account_id, now, most)]


async def give_up(connection: Connection, account_id: int, now: datetime) -> None:
    """Say of messages whose sender has ended that nobody knows whether they went out."""
    await connection.execute(_GIVE_UP, account_id, now)


async def mark_links(connection: Connection, account_id: int, message_id: int, links: Sequence[str]) -> None:
    """Keep where the links of a message lead, before it is sent."""
    await connection.execute(_MARK_LINKS, account_id, message_id, list(links))


async def settle(connection: Connection, account_id: int, message_id: int, settled: Settled) -> bool:
    """Write how a try ended; False when somebody else has said so meanwhile."""
    values = msgspec.structs.astuple(settled)
    return await connection.fetchval(_SETTLE, account_id, message_id, *values) is not None


async def is_suppressed(connection: Connection, account_id: int, medium: int, address: str) -> bool:
    """Tell whether an address, in normal form, is not to be written to."""
    return bool(await connection.fetchval(_IS_SUPPRESSED, account_id, medium, address))


async def suppress(
    connection: Connection, account_id: int, medium: int, address: str, at: datetime, source: str
) -> None:
    """Write no more to an address, in normal form."""
    await connection.execute(_SUPPRESS, account_id, medium, address, at, source)


async def unsuppress(connection: Connection, account_id: int, medium: int, address: str) -> bool:
    """Let an address be written to again; False when it was not suppressed."""
    return await connection.fetchval(_UNSUPPRESS, account_id, medium, address) is not None


async def suppressions(connection: Connection, account_id: int, limit: int, offset: int) -> list[Row]:
    """Give one page of suppressions, each row with the `total`."""
    return list(await connection.fetch(_SUPPRESSIONS, account_id, limit, offset))


async def message(
    connection: Connection, account_id: int, message_id: int, *, lock: bool = False
) -> Row | None:
    """Read a message."""
    return await connection.fetchrow(_LOCK_MESSAGE if lock else _MESSAGE, account_id, message_id)


async def messages(
    connection: Connection,
    account_id: int,
    responder_id: int | None,
    lead_id: int | None,
    limit: int,
    offset: int,
) -> list[Row]:
    """Give one page of messages, newest first, each row with the `total`."""
    return list(await connection.fetch(_MESSAGES, account_id, responder_id, lead_id, limit, offset))


async def opened(connection: Connection, account_id: int, message_id: int, at: datetime) -> None:
    """Note that a message was opened; the first time counts."""
    await connection.execute(_OPENED, account_id, message_id, at)


async def clicked(connection: Connection, account_id: int, message_id: int) -> None:
    """Count a click."""
    await connection.execute(_CLICKED, account_id, message_id)


async def unsubscribed(connection: Connection, account_id: int, message_id: int, at: datetime) -> None:
    """Note that the reader of a message wants no more."""
    await connection.execute(_UNSUBSCRIBED, account_id, message_id, at)


async def received(connection: Connection, account_id: int, message_id: int, state: MessageState) -> None:
    """Write what a provider reports."""
    await connection.execute(_RECEIVED, account_id, message_id, state)


async def converted(connection: Connection, account_id: int, message_id: int, revenue: int) -> None:
    """Count a conversion and what it earns, in micro-units."""
    await connection.execute(_CONVERTED, account_id, message_id, revenue)
