"""Where payouts are sent to: each account's PayPal application and its own receiver."""

from typing import Any

from leadyard.affiliates.integrations.service import Integration
from leadyard.affiliates.model import PayoutMethod
from leadyard.affiliates.payouts.model import PayPalChannel, WebhookChannel
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.storage.database import Connection

PAYPAL = Integration("payout channel paypal", PayPalChannel)
WEBHOOK = Integration("payout channel webhook", WebhookChannel)
CHANNELS: dict[PayoutMethod, Integration[Any]] = {
    PayoutMethod.PAYPAL: PAYPAL,
    PayoutMethod.WEBHOOK: WEBHOOK,
}


async def require(connection: Connection, account_id: int, method: PayoutMethod) -> None:
    """Make sure that a method which needs a channel has one; raises InvalidInputError."""
    channel = CHANNELS.get(method)
    if channel is not None and not await channel.is_set_up(connection, account_id):
        raise InvalidInputError([FieldProblem("method", f"needs the {channel.name}, which is not set up")])
