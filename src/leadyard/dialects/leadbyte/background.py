"""Work that outlives the request which asked for it."""

import asyncio
from collections.abc import Awaitable

import structlog

from leadyard.dialects.leadbyte.refusals import log_failure

_PATIENCE_SECONDS = 10.0
_log = structlog.get_logger("leadyard.leadbyte")


class Background:
    """Tasks that somebody must hold on to until they are done."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Awaitable[None]) -> None:
        """Begin a piece of work whose failure is only logged."""
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give what is under way a few seconds to end."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_PATIENCE_SECONDS)
            if late:
                _log.warning("gave up background work", count=len(late))


async def _logged(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception as problem:  # noqa: BLE001 - nobody is waiting who could be told
        log_failure(problem)
