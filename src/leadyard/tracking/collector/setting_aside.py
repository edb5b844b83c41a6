"""What operators do with events that could not be worked in."""

from uuid import UUID

from leadyard.kit.errors import NotFoundError
from leadyard.storage.database import Database
from leadyard.tracking.collector import store

_NONE = "There is no event with this id."


async def retry(database: Database, account_id: int, event_id: UUID) -> None:
    """Let the worker try an event again; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        if not await store.put_back(connection, account_id, event_id):
            raise NotFoundError(_NONE)


async def throw_away(database: Database, account_id: int, event_id: UUID) -> None:
    """Forget an event; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        if not await store.throw_away(connection, account_id, event_id):
            raise NotFoundError(_NONE)
