"""Group commit: many requests share one transaction, and a lone request waits for nothing."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from leadyard.kit.errors import UnavailableError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class GroupCommit(Generic[ItemT, ResultT]):
    """Collects items while earlier batches commit, and hands each caller its own result.

    `commit` takes a batch and returns one result per item, in order. When a batch fails, its items are
    committed one by one, so that a bad item fails alone; when the database is away, all fail at once.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        most: int = 256,
        lanes: int = 2,
        crowd: int = 1,
    ) -> None:
        """Set the largest batch, how many batches may be under way at once, and how many items open a further one."""
        self._commit = commit
        self._most = most
        self._lanes = lanes
        self._crowd = crowd
        self._open_lanes = 0
        self._last = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[tuple[ItemT, asyncio.Future[ResultT]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, item: ItemT) -> asyncio.Future[ResultT]:
        """Commit an item with whatever else is waiting; what is awaited raises what the commit raised."""
        # Asking for the running loop is a system call, so it is asked once.
        loop = self._loop = self._loop or asyncio.get_running_loop()
        future: asyncio.Future[ResultT] = loop.create_future()
        self._waiting.append((item, future))
        if self._open_lanes == 0:
            # After a pause there is no batch to take turns with, and the first takes all.
            self._last = self._most
        if self._open_lanes == 0 or (self._open_lanes < self._lanes and len(self._waiting) >= self._crowd):
            # Counted here and in the lane itself, not by its task: a task that has left its loop still looks
            # alive to whoever submits before its callbacks run.
            self._open_lanes += 1
            lane = loop.create_task(self._drain())
            self._running.add(lane)
            lane.add_done_callback(self._running.discard)
        return future

    async def close(self) -> None:
        """Wait until everything submitted is decided."""
        while self._running:
            await asyncio.gather(*self._running)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._settle(self._next_batch())
        finally:
            self._open_lanes -= 1

    def _next_batch(self) -> list[tuple[ItemT, asyncio.Future[ResultT]]]:
        """Take what waits, but no more than half of it and of the batch before together.

        Callers that come back as soon as they are answered would otherwise stay in a large and a small batch by
        turns, and the process and the database would wait for each other instead of working side by side.
        """
        waiting = len(self._waiting)
        self._last = min(self._most, waiting, (self._last + waiting + 1) // 2)
        return [self._waiting.popleft() for _ in range(self._last)]

    async def _settle(self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            results = await self._commit([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the callers' to see
            await self._settle_apart(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _settle_apart(
        self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]], error: Exception
    ) -> None:
        if len(batch) > 1 and not isinstance(error, UnavailableError):
            for entry in batch:
                await self._settle([entry])
            return
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
