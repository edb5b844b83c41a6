"""What readers do with messages: open, click, unsubscribe, convert; and what providers report of them."""

from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.kit.money import to_micros
from leadyard.ledger.model import conversion, made
from leadyard.ledger.service import Ledger
from leadyard.responders import store
from leadyard.responders.model import HANDED_OVER, MessageState, Push
from leadyard.responders.news import tell_of_message
from leadyard.responders.service import responders
from leadyard.storage.database import Connection, Database, Row

_REPORTED = {"delivered": MessageState.DELIVERED, "bounced": MessageState.BOUNCED}
CONVERSION = "conversion"


async def note_open(database: Database, account_id: int, message_id: int) -> None:
    """Note that a message was opened; the first time counts, an unknown message not at all."""
    async with database.unit_of_work() as connection:
        await store.opened(connection, account_id, message_id, clock.now())


async def follow_link(database: Database, account_id: int, message_id: int, place: int) -> str | None:
    """Count a click and give where the link leads; None for a link that did not stand in the message."""
    async with database.unit_of_work() as connection:
        message = await store.message(connection, account_id, message_id)
        if message is None or not 0 <= place < len(message["links"]):
            return None
        await store.clicked(connection, account_id, message_id)
        link = str(message["links"][place])
        await tell_of_message(connection, WebhookEvent.MESSAGE_CLICKED, message, clock.now(), link=link)
    return link


async def unsubscribe(database: Database, account_id: int, message_id: int) -> bool:
    """Write no more to the address of a message; False when there is no such message."""
    async with database.unit_of_work() as connection:
        message = await store.message(connection, account_id, message_id, lock=True)
        if message is None:
            return False
        now = clock.now()
        await store.unsubscribed(connection, account_id, message_id, now)
        source = f"message {message_id}"
        await store.suppress(connection, account_id, message["channel"], message["recipient"], now, source)
        if message["unsubscribed_at"] is None:
            await tell_of_message(connection, WebhookEvent.MESSAGE_UNSUBSCRIBED, message, now)
    return True


async def report_event(
    database: Database, ledger: Ledger, account_id: int, message_id: int, event: str
) -> Row:
    """Take over what a provider or an advertiser reports: `delivered`, `bounced` or `conversion`.

    Raises NotFoundError, and ConflictError for a message that was never handed over.
    """
    ids = await ledger.reserve_ids({account_id: 1})
    async with database.unit_of_work() as connection:
        message = await store.message(connection, account_id, message_id, lock=True)
        if message is None:
            raise NotFoundError("There is no such message.")
        if message["state"] not in HANDED_OVER:
            raise ConflictError("event", "cannot be: the message was not sent")
        if event == CONVERSION:
            push = await _push(connection, account_id, message)
            revenue = 0 if push is None else to_micros(push.revenue)
            await store.converted(connection, account_id, message_id, revenue)
            entry = conversion(
                account_id, clock.now(), message["lead_id"], push_id=message["push_id"], revenue=revenue,
                currency=message["currency"], memo=f"responder message {message_id}",
            )  # fmt: skip
            await ledger.post(connection, ids.number(made([entry])))
        else:
            await store.received(connection, account_id, message_id, _REPORTED[event])
        after = await store.message(connection, account_id, message_id)
    if after is None:
        raise NotFoundError("There is no such message.")
    return after


async def _push(connection: Connection, account_id: int, message: Row) -> Push | None:
    responder = await responders.find(connection, account_id, message["responder_id"])
    return next((push for push in responder.pushes if push.push_id == message["push_id"]), None)
