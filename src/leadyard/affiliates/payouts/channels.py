"""Where payouts are sent to: each account's PayPal application and its own receiver, secrets sealed."""

from typing import Any, TypeVar

import msgspec

from leadyard.affiliates.model import PayoutMethod
from leadyard.affiliates.payouts import store
from leadyard.affiliates.payouts.model import PayPalChannel, WebhookChannel
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.masking import masked, restored
from leadyard.storage.database import Connection, Database
from leadyard.storage.sealing import opened, read_opened, sealed

TABLE = "payout_channels"
CHANNELS: dict[PayoutMethod, type[PayPalChannel] | type[WebhookChannel]] = {
    PayoutMethod.PAYPAL: PayPalChannel,
    PayoutMethod.WEBHOOK: WebhookChannel,
}
ChannelT = TypeVar("ChannelT", PayPalChannel, WebhookChannel)
_NONE = "This channel is not set up."


async def read(
    connection: Connection, account_id: int, method: PayoutMethod, kind: type[ChannelT]
) -> ChannelT | None:
    """Give a channel with its secrets opened; None where it is not set up. Raises SecretKeyError."""
    document = await store.channel(connection, account_id, method)
    return None if document is None else read_opened(connection, account_id, TABLE, document, kind)


async def show(database: Database, account_id: int, method: PayoutMethod) -> Any:
    """Give a channel's settings with its secrets masked; raises NotFoundError."""
    async with database.connection() as connection:
        document = await store.channel(connection, account_id, method)
        if document is None:
            raise NotFoundError(_NONE)
        return masked(read_opened(connection, account_id, TABLE, document, CHANNELS[method]))


async def put(database: Database, actor: Actor, method: PayoutMethod, wanted: Any) -> Any:
    """Set a channel up; a mask keeps the secret that was there. Raises InvalidInputError, SecretKeyError."""
    kind = CHANNELS[method]
    async with database.unit_of_work() as connection:
        stored = await store.channel(connection, actor.account_id, method)
        before = None if stored is None else opened(connection, actor.account_id, TABLE, stored, kind)
        channel = msgspec.convert(restored(msgspec.to_builtins(wanted), before or {}, kind), kind)
        document = await sealed(connection, actor.account_id, TABLE, channel)
        await store.put_channel(connection, actor.account_id, method, document)
        shown_before = None if before is None else masked(msgspec.convert(before, kind))
        await record_change(
            connection, actor.account_id, actor.name, "set up", f"payout channel {method}", actor.account_id,
            shown_before, masked(channel),
        )  # fmt: skip
    return masked(channel)


async def delete(database: Database, actor: Actor, method: PayoutMethod) -> None:
    """Forget a channel; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        if not await store.delete_channel(connection, actor.account_id, method):
            raise NotFoundError(_NONE)
        await record_change(
            connection,
            actor.account_id,
            actor.name,
            "delete",
            f"payout channel {method}",
            actor.account_id,
            None,
            None,
        )


async def require(connection: Connection, account_id: int, method: PayoutMethod) -> None:
    """Make sure that a method which needs a channel has one; raises InvalidInputError."""
    if method in CHANNELS and await store.channel(connection, account_id, method) is None:
        raise InvalidInputError(
            [FieldProblem("method", f"needs the payout channel {method}, which is not set up")]
        )
