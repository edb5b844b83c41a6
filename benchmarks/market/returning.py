"""The buyers' second thoughts: while the market runs, some of what they took goes back through the API."""

import asyncio
from collections import Counter

from benchmarks.market.conduct import chance
from benchmarks.market.set_up import Market
from benchmarks.market.wire import Line, line, over

SHARE = 0.08
_REASONS = ("DNCC", "BADNO", "NOTINT")
_WAIT_SECONDS = 0.3


class Returns:
    """Asks for returns until it is stopped; `said` counts what the exchange answered."""

    def __init__(self, market: Market, shop_port: int) -> None:
        """Look at the books of the shop on a port."""
        self.said: Counter[str] = Counter()
        self._market = market
        self._shop_port = shop_port
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for no more."""
        self._stop.set()

    async def run(self) -> None:
        """Return a share of what was taken since the last look, a moment after it was taken."""
        seen = 0
        async with line(self._shop_port) as shop:
            while not self._stop.is_set():
                fresh = (await shop.ask("GET", f"/log/{seen}")).document
                await asyncio.sleep(_WAIT_SECONDS)
                seen += len(fresh)
                chosen = [
                    (index, lead_id)
                    for index, lead_id in fresh
                    if chance(self._market.scenario.seed, "return", index, lead_id) < SHARE
                ]
                await over(self._market.port, self._market.key, chosen, self._give_back, lines=4)

    async def _give_back(self, asking: Line, taken: tuple[int, int]) -> None:
        index, lead_id = taken
        plan = self._market.scenario.deliveries[index]
        body = {
            "buyer_id": self._market.ids[f"buyer-{plan.buyer}"],
            "reason": _REASONS[lead_id % len(_REASONS)],
        }
        reply = await asking.ask("POST", f"/api/v1/leads/{lead_id}/return", body)
        if 200 <= reply.status < 300:
            self.said["returned"] += 1
        elif reply.status in (404, 409, 422):
            errors = reply.document.get("errors") or [{"detail": reply.document.get("detail", "")}]
            self.said[errors[0]["detail"]] += 1
        else:
            self.said[f"{reply.status}: {reply.document}"] += 1
