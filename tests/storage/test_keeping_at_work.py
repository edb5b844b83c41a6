"""A worker's loop: at once again after work, with a pause after none, on through trouble, and over when told."""

import asyncio

import asyncpg
import pytest

from leadyard.kit.errors import UnavailableError
from leadyard.storage.working import keep_working


async def _rounds(stop: asyncio.Event, results: list[object], idle_seconds: float) -> None:
    """Work with these results in turn, an exception being raised; the last round ends the work."""
    left = iter(results)

    async def work() -> object:
        result = next(left)
        if isinstance(result, Exception):
            raise result
        return result

    async with asyncio.timeout(10):
        await keep_working(stop, work, idle_seconds=idle_seconds, trouble="failed")


async def test_rounds_follow_each_other_while_there_is_something_to_do() -> None:
    with pytest.raises(StopAsyncIteration):
        await _rounds(asyncio.Event(), [3, 1, 2, StopAsyncIteration()], idle_seconds=3600)


@pytest.mark.parametrize(
    "nothing", [0, False, None, UnavailableError("away"), asyncpg.DeadlockDetectedError("met")]
)
async def test_trouble_and_nothing_to_do_cost_a_pause_and_no_more(nothing: object) -> None:
    with pytest.raises(StopAsyncIteration):
        await _rounds(asyncio.Event(), [nothing, nothing, StopAsyncIteration()], idle_seconds=0.001)


async def test_a_pause_ends_as_soon_as_the_work_is_to_stop() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    await _rounds(stop, [0], idle_seconds=3600)
    await _rounds(stop, [], idle_seconds=3600)
