"""News for webhooks, queued in the same unit of work as what they tell of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.model import RetryPolicy
from leadyard.delivery.subscriptions import wants
from leadyard.responders.occasions import note_occasion
from leadyard.storage.database import Connection, encode_json

RETRY = RetryPolicy(attempts=10, first_delay_seconds=5, factor=3, maximum_delay_seconds=21_600)

_QUEUE = """
INSERT INTO outbox (account_id, webhook_id, event, lead_id, payload, state, due_at)
SELECT $1, webhook_id, $2, lead_id, payload::jsonb, 0, $3
FROM unnest($4::bigint[], $5::bigint[], $6::text[]) AS row (webhook_id, lead_id, payload)
"""

_QUEUE_NEWS = """
INSERT INTO outbox (account_id, webhook_id, event, lead_id, payload, state, due_at)
SELECT $1, w.id, $2, NULL, told.payload::jsonb, 0, $3
FROM webhooks w CROSS JOIN unnest($4::text[], $5::bigint[]) WITH ORDINALITY AS told (payload, affiliate_id, place)
WHERE w.account_id = $1 AND w.status = 'Active' AND w.settings -> 'events' ? $2
    AND jsonb_array_length(w.settings -> 'campaign_ids') = 0
    AND jsonb_array_length(w.settings -> 'supplier_ids') = 0
    AND (coalesce(jsonb_array_length(w.settings -> 'affiliate_ids'), 0) = 0
      OR w.settings -> 'affiliate_ids' @> to_jsonb(told.affiliate_id))
ORDER BY told.place, w.id
"""

_QUEUE_OF_LEAD = """
INSERT INTO outbox (account_id, webhook_id, event, lead_id, payload, state, due_at)
SELECT $1, w.id, $2, $4, $5, 0, $3
FROM webhooks w
WHERE w.account_id = $1 AND w.status = 'Active' AND w.settings -> 'events' ? $2
    AND (jsonb_array_length(w.settings -> 'campaign_ids') = 0 OR w.settings -> 'campaign_ids' @> to_jsonb($6::bigint))
    AND (jsonb_array_length(w.settings -> 'supplier_ids') = 0 OR w.settings -> 'supplier_ids' @> to_jsonb($7::bigint))
    AND coalesce(jsonb_array_length(w.settings -> 'affiliate_ids'), 0) = 0
ORDER BY w.id
"""

_CLAIM = """
UPDATE outbox o SET due_at = $2 + interval '2 minutes', tries = tries + 1
WHERE o.account_id = $1 AND o.id IN (
  SELECT id FROM outbox WHERE account_id = $1 AND state = 0 AND due_at <= $2
  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING o.id, o.webhook_id, o.event, o.lead_id, o.payload, o.tries, o.created_at
"""

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM outbox WHERE state = 0 AND due_at <= $1"

_SETTLE = "UPDATE outbox SET state = $3, due_at = $4, last_error = $5 WHERE account_id = $1 AND id = $2"


class Message(msgspec.Struct, frozen=True):
    """A queued message of one webhook; `tries` counts this one."""

    account_id: int
    id: int
    webhook_id: int
    event: str
    lead_id: int | None
    payload: dict[str, Any]
    tries: int
    created_at: datetime


class MessageState(IntEnum):
    """The states of a message."""

    WAITING = 0
    SENT = 1
    DEAD = 2


async def announce(
    connection: Connection,
    setup: AccountSetup,
    now: datetime,
    event: WebhookEvent,
    told: Mapping[int, dict[str, Any]],
) -> None:
    """Queue an event, as lead id to payload, for every active webhook that asked for it."""
    await note_occasion(connection, setup, event.removeprefix("lead."), list(told), now)
    await _queue(connection, setup, now, event, list(told.items()))


async def announce_news(
    connection: Connection,
    setup: AccountSetup,
    now: datetime,
    event: WebhookEvent,
    told: Sequence[dict[str, Any]],
) -> None:
    """Queue an event that is about no lead: each payload's members become members of a message."""
    await _queue(connection, setup, now, event, [(None, payload) for payload in told])


async def announce_of_lead(
    connection: Connection,
    account_id: int,
    now: datetime,
    event: WebhookEvent,
    lead_id: int,
    payload: dict[str, Any],
) -> None:
    """Queue an event of one lead where no set-up is at hand: the webhooks are looked up as of now.

    `campaign_id` and `supplier_id` of the payload say which webhooks want it.
    """
    whose = payload["campaign_id"], payload["supplier_id"]
    await connection.execute(_QUEUE_OF_LEAD, account_id, event, now, lead_id, payload, *whose)


async def announce_programme_news(
    connection: Connection,
    account_id: int,
    now: datetime,
    event: WebhookEvent,
    told: Sequence[dict[str, Any]],
) -> None:
    """Queue an event of the affiliate programme, about no submission: the webhooks are looked up as of now.

    Webhooks of certain campaigns or suppliers get none, those of certain affiliates only what is about one of them.
    Each payload's members become members of a message.
    """
    if told:
        payloads = [encode_json(payload) for payload in told]
        affiliates = [_affiliate_of(payload) for payload in told]
        await connection.execute(_QUEUE_NEWS, account_id, event, now, payloads, affiliates)


def _affiliate_of(payload: Mapping[str, Any]) -> int | None:
    """Find whom a payload is about: its one member says."""
    return next((one["affiliate_id"] for one in payload.values() if "affiliate_id" in one), None)


async def _queue(
    connection: Connection,
    setup: AccountSetup,
    now: datetime,
    event: WebhookEvent,
    told: Sequence[tuple[int | None, dict[str, Any]]],
) -> None:
    rows = [
        (hook.id, lead_id, encode_json(payload))
        for hook in setup.webhooks
        for lead_id, payload in told
        if wants(hook, event, payload)
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(_QUEUE, setup.account.id, event, now, *columns)


async def claim(connection: Connection, account_id: int, now: datetime, most: int) -> list[Message]:
    """Take due messages; one that is not settled within two minutes is due again."""
    rows = await connection.fetch(_CLAIM, account_id, now, most)
    return [Message(account_id, *row.values()) for row in rows]


async def due_accounts(connection: Connection, now: datetime) -> Sequence[int]:
    """List the accounts that have messages to send."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def settle(
    connection: Connection, message: Message, state: MessageState, due_at: datetime, error: str | None
) -> None:
    """Write what became of a message."""
    await connection.execute(_SETTLE, message.account_id, message.id, state, due_at, error)
