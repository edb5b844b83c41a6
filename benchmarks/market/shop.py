"""All buyers of the market in one process of their own: they behave as their plan says and write down what they take.

`GET /records` tells what each delivery's buyer has, `GET /counts` how many leads that are and how many posts came in.
"""

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import uvloop

from benchmarks.market.conduct import Deed, Habit, deed, named_price, ping_deed
from benchmarks.market.scenario import PING_MILLISECONDS, Method, Scenario, make

SLOW_SECONDS = 0.25
_TRICKLE_SECONDS, _TRICKLES = 0.2, 40
_JSON = "Content-Type: application/json\r\n"


class Shop:
    """What the buyers have written down."""

    def __init__(self, scenario: Scenario) -> None:
        """Start with empty books."""
        self.scenario = scenario
        self.taken: dict[tuple[int, int], tuple[str, str]] = {}
        """Delivery and lead id of each lead that a buyer has, to the kind of sale and the price it owes."""
        self.log: list[tuple[int, int]] = []
        """The same leads in the order in which they were answered."""
        self.posts: Counter[int] = Counter()
        self.again = 0
        """Leads that were offered once more to who had taken them already."""
        self.bids: dict[tuple[int, int], str] = {}
        self.late: set[tuple[int, int]] = set()
        """Delivery and number of each lead for which the bid comes far too late."""
        self.wrong_bids = 0
        """Leads whose post named a price that is not the buyer's own bid, or a bid that came too late."""
        self._busy: set[tuple[int, int]] = set()
        self._bidders = {plan.index for plan in scenario.deliveries if plan.method is Method.AUCTION}

    def lead(self, index: int, document: dict[str, Any]) -> Deed:
        """Decide on a lead and write it down."""
        plan, number, lead_id = (
            self.scenario.deliveries[index],
            int(document["number"]),
            int(document["lead"]),
        )
        done, key = deed(self.scenario.seed, index, plan.manners, number), (index, lead_id)
        self.posts[index] += 1
        if key in self.taken:
            self.again += 1
        if done.habit is Habit.BUSY and key not in self._busy:
            self._busy.add(key)
            return Deed(Habit.BUSY, keeps=False)
        if index in self._bidders and not self._is_bid(index, number, document["price"]):
            self.wrong_bids += 1
        if done.keeps:
            price = Decimal(document["price"])
            if done.habit is Habit.NAMES_PRICE or plan.manners.habit is Habit.NAMES_PRICE:
                price = named_price(self.scenario.seed, index, number, price)
            self.taken[key] = (str(document["sale"]), str(price))
            self.log.append(key)
        return Deed(Habit.TAKES, keeps=True) if done.habit is Habit.BUSY else done

    def _is_bid(self, index: int, number: int, price: str) -> bool:
        key = (index, number)
        return key not in self.late and Decimal(self.bids.get(key, "-1")) == Decimal(price)

    def ping(self, index: int, document: dict[str, Any]) -> tuple[str | None, int]:
        """Bid for a lead; gives the bid and the milliseconds to wait."""
        number, plan = int(document["number"]), self.scenario.deliveries[index]
        bidding = ping_deed(self.scenario.seed, index, number, plan.price, PING_MILLISECONDS)
        if bidding.bid is not None:
            self.bids[index, number] = str(bidding.bid)
        if bidding.milliseconds:
            self.late.add((index, number))
        return None if bidding.bid is None else str(bidding.bid), bidding.milliseconds

    def told(self, path: str) -> Any:
        """Answer a look into the books."""
        if path.startswith("/log/"):
            return self.log[int(path.rpartition("/")[2]) :]
        if path == "/counts":
            taken = Counter(index for index, _ in self.taken)
            return {"posts": dict(self.posts), "taken": dict(taken)}
        records = [[index, lead_id, *what] for (index, lead_id), what in self.taken.items()]
        return {"records": records, "again": self.again, "wrong_bids": self.wrong_bids}


class Till(asyncio.Protocol):
    """One connection of the seller's."""

    def __init__(self, shop: Shop) -> None:
        """Serve from the shared books."""
        self._shop = shop
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        del exc
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Treat the request once it is whole; the seller sends one at a time."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        length = (
            int(lower.partition(b"content-length:")[2].split(b"\r\n")[0])
            if b"content-length:" in lower
            else 0
        )
        if len(rest) < length:
            return
        self._buffer = b""
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/lead/"):
            self._lead(int(path.rpartition("/")[2]), json.loads(rest))
        elif path.startswith("/ping/"):
            bid, milliseconds = self._shop.ping(int(path.rpartition("/")[2]), json.loads(rest))
            self._later(milliseconds / 1000, lambda: self._answer({"no": 1} if bid is None else {"bid": bid}))
        else:
            self._answer(self._shop.told(path))

    def _lead(self, index: int, document: dict[str, Any]) -> None:
        done = self._shop.lead(index, document)
        answer: dict[str, Any] = {"status": "taken" if done.keeps else "refused"}
        plan = self._shop.scenario.deliveries[index]
        if done.keeps and plan.manners.habit is Habit.NAMES_PRICE:
            answer["price"] = self._shop.taken[index, int(document["lead"])][1]
        match done.habit:
            case Habit.HANGS:
                pass
            case Habit.TRICKLES:
                self._send(f"HTTP/1.1 200 OK\r\n{_JSON}Content-Length: {_TRICKLES}\r\n\r\n".encode())
                self._trickle(_TRICKLES)
            case Habit.BREAKS:
                self._answer({"oops": 1}, "500 Internal Server Error")
            case Habit.CUTS:
                if self._transport is not None:
                    self._transport.close()
            case Habit.BUSY:
                self._answer({"oops": 1}, "503 Service Unavailable", "Retry-After: 1\r\n")
            case Habit.SLOW:
                self._later(SLOW_SECONDS, lambda: self._answer(answer))
            case _:
                self._answer(answer)

    def _trickle(self, left: int) -> None:
        if left and self._transport is not None:
            self._send(b" ")
            self._later(_TRICKLE_SECONDS, lambda: self._trickle(left - 1))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        if seconds:
            self._loop.call_later(seconds, act)
        else:
            act()

    def _answer(self, document: Any, status: str = "200 OK", headers: str = "") -> None:
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status}\r\n{_JSON}{headers}Content-Length: {len(body)}\r\n\r\n"
        self._send(head.encode() + body)

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


async def serve(listener: socket.socket, scenario: Scenario) -> None:
    """Serve until the process is ended."""
    shop = Shop(scenario)
    server = await asyncio.get_running_loop().create_server(lambda: Till(shop), sock=listener, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    descriptor, seed, buyers, leads = sys.argv[1:]
    uvloop.run(serve(socket.socket(fileno=int(descriptor)), make(seed, int(buyers), int(leads))))
