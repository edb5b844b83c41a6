"""A unit of work that starts again when it met another one head-on."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from leadyard.storage.database import Connection, Database

_MOST_TRIES = 8
_PAUSE_SECONDS = 0.02

ResultT = TypeVar("ResultT")


async def in_one_unit(database: Database, work: Callable[[Connection], Awaitable[ResultT]]) -> ResultT:
    """Do work in a unit of work, again from the start after a deadlock: a worker may hold the same leads.

    `work` must not change anything outside the database that a second run could not repeat.
    """
    for tried in range(_MOST_TRIES - 1):
        try:
            async with database.unit_of_work() as connection:
                return await work(connection)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            # Not at once, and not all together: those who met would only meet again.
            await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * 2**tried))  # noqa: S311 - jitter, not a secret
    async with database.unit_of_work() as connection:
        return await work(connection)
