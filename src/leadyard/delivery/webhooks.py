"""Sends the outbox: signed over body and time, retried with growing pauses, kept as dead after the last try."""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import Status, Webhook
from leadyard.delivery import outbox
from leadyard.delivery.outbox import Message, MessageState
from leadyard.delivery.retries import next_delay
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.metrics import WEBHOOKS
from leadyard.kit.waiting import pause
from leadyard.storage.database import Database

_log = structlog.get_logger(__name__)
_MOST = 32
_IDLE_SECONDS = 0.25

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[str]]
"""Posts JSON to an address with extra headers; gives "" for a 2xx answer, else what went wrong."""

Describe = Callable[[int, int], Awaitable[Any]]
"""Gives the record of a lead (account, lead) that a message carries."""


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
        while not stop.is_set():
            try:
                sent = await self._send_due()
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("sending webhooks failed", error=str(error))
                sent = 0
            if not sent:
                await pause(stop, _IDLE_SECONDS)

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
        record = (
            None if message.lead_id is None else await self._describe(message.account_id, message.lead_id)
        )
        document = {
            "reference": hook.settings.reference,
            "event": message.event,
            "id": message.id,
            "at": message.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "records": [] if record is None else [record],
            **({} if message.lead_id is not None else message.payload),
        }
        error = await self._post(hook.url, *self._signed(hook, msgspec.json.encode(document)))
        if not error:
            await self._settle(message, MessageState.SENT, 0, None)
            return
        delay = next_delay(outbox.RETRY, message.tries, random.random(), None)  # noqa: S311 - jitter, not a secret
        state = MessageState.DEAD if delay is None else MessageState.WAITING
        await self._settle(message, state, delay or 0, error)

    @staticmethod
    def _signed(hook: Webhook, body: bytes) -> tuple[bytes, dict[str, str]]:
        if not hook.settings.secret:
            return body, {}
        now = int(clock.now().timestamp())
        return body, {"X-Leadyard-Signature": signature(hook.settings.secret, now, body)}

    async def _settle(
        self, message: Message, state: MessageState, delay_seconds: float, error: str | None
    ) -> None:
        WEBHOOKS.labels(state.name.lower()).inc()
        due_at = clock.now() + timedelta(seconds=delay_seconds)
        async with self._database.unit_of_work() as connection:
            await outbox.settle(connection, message, state, due_at, error)
