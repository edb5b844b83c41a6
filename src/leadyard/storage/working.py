"""The loop of a worker that looks for something to do, again and again."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause

_log = structlog.get_logger(__name__)


async def keep_working(
    stop: asyncio.Event, work: Callable[[], Awaitable[object]], *, idle_seconds: float, trouble: str
) -> None:
    """Work until told to stop, with a pause whenever there was nothing to do.

    `work` does one round and gives something true when it found anything. Trouble with the database is logged in the
    words of `trouble`, and costs a pause.
    """
    while not stop.is_set():
        found: object = None
        try:
            found = await work()
        except (UnavailableError, asyncpg.PostgresError) as error:
            _log.warning(trouble, error=str(error))
        if not found:
            await pause(stop, idle_seconds)
