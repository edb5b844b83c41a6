"""Sends the outbox: signed over body and time, retried with growing pauses, kept as dead after the last try."""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from yarl import URL

from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import Status
from leadyard.campaigns.webhooks import Webhook, WebhookForm
from leadyard.delivery import outbox
from leadyard.delivery.event_names import event_values
from leadyard.delivery.outbox import Message, MessageState
from leadyard.delivery.postbacks import postback_request
from leadyard.delivery.retries import next_delay
from leadyard.delivery.templates import UnfitValueError
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.kit.metrics import WEBHOOKS
from leadyard.storage.database import Database
from leadyard.storage.working import keep_working

_MOST = 32
_IDLE_SECONDS = 0.25

Post = Callable[[str, str | URL, bytes | None, Mapping[str, str]], Awaitable[str]]
"""Makes a request: method, address, body and headers; gives "" for a 2xx answer, else what went wrong."""


class Described(msgspec.Struct, frozen=True):
    """A lead as messages carry it: its record, and the values that postbacks may name."""

    record: Any
    values: Mapping[str, str]


Describe = Callable[[int, int], Awaitable[Described | None]]
"""Describes a lead (account, lead) for a message; None when it is not there."""


class _Outgoing(msgspec.Struct, frozen=True):
    """A request as it leaves; `signed` is what its signature is made over."""

    method: str
    url: str | URL
    body: bytes | None
    headers: Mapping[str, str]
    signed: bytes


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Sign a body: `t=UNIX,v1=HEX` with HMAC-SHA256 over `UNIX.BODY`, so that neither can be changed alone."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class WebhookSender:
    """One process's share of the outbox."""

    def __init__(
        self, database: Database, configuration: Configuration, post: Post, describe: Describe
    ) -> None:
        """Share the process's database and set-ups; `post` carries, `describe` writes the lead's record."""
        self._database = database
        self._configuration = configuration
        self._post = post
        self._describe = describe

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop."""
        await keep_working(
            stop, self._send_due, idle_seconds=_IDLE_SECONDS, trouble="sending webhooks failed"
        )

    async def _send_due(self) -> int:
        now = clock.now()
        async with self._database.connection() as connection:
            accounts = await outbox.due_accounts(connection, now)
        count = 0
        for account_id in accounts:
            async with self._database.unit_of_work() as connection:
                messages = await outbox.claim(connection, account_id, now, _MOST)
            await asyncio.gather(*(self._send(message) for message in messages))
            count += len(messages)
        return count

    async def _send(self, message: Message) -> None:
        setup = await self._configuration.current(message.account_id)
        hook = next((w for w in setup.webhooks if w.id == message.webhook_id), None)
        if hook is None or hook.status is not Status.ACTIVE:
            await self._settle(message, MessageState.DEAD, 0, "the webhook is not active")
            return
        try:
            outgoing = await self._outgoing(hook, message)
        except (UnfitValueError, InvalidInputError) as error:
            await self._settle(message, MessageState.DEAD, 0, str(error))
            return
        headers = {**outgoing.headers, **_signature(hook, outgoing.signed)}
        error_text = await self._post(outgoing.method, outgoing.url, outgoing.body, headers)
        if not error_text:
            await self._settle(message, MessageState.SENT, 0, None)
            return
        delay = next_delay(outbox.RETRY, message.tries, random.random(), None)  # noqa: S311 - jitter, not a secret
        state = MessageState.DEAD if delay is None else MessageState.WAITING
        await self._settle(message, state, delay or 0, error_text)

    async def _outgoing(self, hook: Webhook, message: Message) -> _Outgoing:
        """Write a message as its webhook wants it; raises UnfitValueError when a value does not fit its place."""
        described = None
        if message.lead_id is not None:
            described = await self._describe(message.account_id, message.lead_id)
        if hook.settings.form is not WebhookForm.JSON:
            values = {} if described is None else described.values
            told = event_values(message.event, {**message.payload, "id": message.id})
            request = postback_request(hook, {**values, **told})
            body = None if request.body is None else request.body.encode(errors="replace")
            method = "GET" if body is None else "POST"
            signed = str(request.url).encode() if body is None else body
            return _Outgoing(method, request.url, body, dict(request.headers), signed)
        document = {
            "reference": hook.settings.reference,
            "event": message.event,
            "id": message.id,
            "at": message.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "records": [] if described is None else [described.record],
            **(message.payload if message.lead_id is None else {"details": message.payload}),
        }
        body = msgspec.json.encode(document)
        return _Outgoing("POST", hook.url, body, {"Content-Type": "application/json"}, body)

    async def _settle(
        self, message: Message, state: MessageState, delay_seconds: float, error: str | None
    ) -> None:
        WEBHOOKS.labels(state.name.lower()).inc()
        due_at = clock.now() + timedelta(seconds=delay_seconds)
        async with self._database.unit_of_work() as connection:
            await outbox.settle(connection, message, state, due_at, error)


def _signature(hook: Webhook, signed: bytes) -> dict[str, str]:
    if not hook.settings.secret:
        return {}
    now = int(clock.now().timestamp())
    return {"X-Leadyard-Signature": signature(hook.settings.secret, now, signed)}
