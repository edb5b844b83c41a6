"""Waiting that ends early when a loop is told to stop."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, unless told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
