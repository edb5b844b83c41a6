"""News of files that did not get where they should, for webhooks."""

from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.files.model import FileState
from leadyard.delivery.outbox import announce_news
from leadyard.storage.database import Connection

_EVENTS = {
    FileState.FAILED: WebhookEvent.DELIVERY_FILE_FAILED,
    FileState.UNKNOWN: WebhookEvent.DELIVERY_FILE_UNKNOWN,
}


async def tell_of_file(
    connection: Connection,
    setup: AccountSetup,
    now: datetime,
    state: FileState,
    *,
    file_id: int,
    delivery_id: int,
    name: str,
    problem: str | None,
) -> None:
    """Queue the news of a file that was given up, or of which nobody knows whether it arrived; no other state is news."""
    event = _EVENTS.get(state)
    if event is not None:
        told = {"file": {"id": file_id, "delivery_id": delivery_id, "name": name, "problem": problem}}
        await announce_news(connection, setup, now, event, [told])
