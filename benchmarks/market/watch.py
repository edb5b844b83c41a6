"""Looks at the exchange again and again while it works, over a connection of its own."""

import asyncio
import time
from collections import Counter

import asyncpg
import msgspec

from benchmarks.market import limits
from benchmarks.market.set_up import Market
from benchmarks.market.wire import Line, line

MOST_NAMED = 20


class Watched(msgspec.Struct):
    """What all looks found together."""

    looks: int = 0
    counted: int = 0
    reached: int = 0
    broken: Counter[str] = Counter()

    def add(self, seen: limits.Seen) -> None:
        """Take in one look."""
        self.looks += 1
        self.counted += seen.counted
        self.reached = max(self.reached, seen.reached)
        self.broken.update(seen.broken)


class Watch:
    """Looks until it is stopped."""

    def __init__(self, dsn: str, market: Market, shop_port: int, *, pause_seconds: float) -> None:
        """Compare the exchange with the buyers' own counts."""
        self.watched = Watched()
        self._dsn, self._market, self._shop_port = dsn, market, shop_port
        self._pause = pause_seconds
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Look once more, then end."""
        self._stop.set()

    async def run(self) -> None:
        """Look until stopped, and then for the last time."""
        connection = await asyncpg.connect(self._dsn)
        try:
            async with line(self._shop_port) as shop:
                while not self._stop.is_set():
                    started = time.perf_counter()
                    await self._look(connection, shop)
                    # Looking costs the exchange the more the fuller it is: it gets at most a tenth of the time.
                    await asyncio.sleep(max(self._pause, 9 * (time.perf_counter() - started)))
                await self._look(connection, shop)
        finally:
            await connection.close()

    async def _look(self, connection: "asyncpg.Connection[asyncpg.Record]", shop: Line) -> None:
        # The shop first: what it has by now, the exchange must have written down before.
        counts = (await shop.ask("GET", "/counts")).document
        seen = await limits.look(connection, self._market)
        seen.broken += self._too_much(counts["taken"], seen)
        self.watched.add(seen)

    def _too_much(self, taken: dict[str, int], seen: limits.Seen) -> list[str]:
        """Compare what buyers have with what they may have; what they gave back made room."""
        deliveries = self._market.scenario.deliveries
        by_buyer: Counter[int] = Counter()
        for index, count in taken.items():
            by_buyer[deliveries[int(index)].buyer] += count
        broken = []
        for plan in self._market.scenario.buyers:
            most = plan.limits.leads.get("total")
            came_back = seen.returned.get(self._market.ids[plan.bid], 0)
            if most is not None and by_buyer[plan.index] > most + came_back:
                broken.append(f"{plan.bid} has {by_buyer[plan.index]} leads, it wanted {most}")
        return broken
