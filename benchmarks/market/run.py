"""One run of the market: starts a real Leadyard and real buyers, lets them trade, and collects what came of it."""

import asyncio
import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack

import asyncpg
import msgspec
import uvloop

from benchmarks import load, stage
from benchmarks.market import books, fair, set_up, suppliers
from benchmarks.market.returning import Returns
from benchmarks.market.scenario import make
from benchmarks.market.suppliers import Answers
from benchmarks.market.watch import Watch, Watched
from benchmarks.market.wire import line
from leadyard.leads.model import SaleStatus, SystemStatus

PATIENCE_SECONDS = 1800
PAUSE_SECONDS = 0.3
_GOOD = b'"status":"Success"'
_MOST_ROUNDS = 20


class Wanted(msgspec.Struct, frozen=True):
    """How large a run is."""

    seed: str
    buyers: int
    leads: int
    fair: int
    connections: int
    workers: int
    web_processes: int


class Outcome(msgspec.Struct):
    """What a run came to; speeds in leads per second."""

    broken: list[str] = []
    watched: Watched = msgspec.field(default_factory=Watched)
    answers: Answers = msgspec.field(default_factory=Answers)
    returns: Counter[str] = Counter()
    sale_states: Counter[str] = Counter()
    attempt_states: Counter[str] = Counter()
    unknown: int = 0
    settled: int = 0
    shares: fair.Fair | None = None
    market_seconds: float = 0.0
    market_per_second: float = 0.0
    accepted_per_second: float = 0.0
    sold_per_second: float = 0.0


class Run:
    """The processes of a run and what is measured with them."""

    def __init__(self, wanted: Wanted) -> None:
        """Bind the ports; nothing is started yet."""
        self._wanted = wanted
        self._web = stage.listeners(wanted.web_processes)
        self._shop = stage.listeners(1)
        self._buyer = stage.listeners(1)
        self._dsn = ""
        self.outcome = Outcome()

    def go(self) -> Outcome:
        """Let the market trade, then share leads out fairly."""
        with ExitStack() as stack:
            self._dsn = stack.enter_context(stage.fresh_database())
            self._start(stack)
            uvloop.run(self._trade())
            uvloop.run(self._share())
            self._audit("at the end")
        return self.outcome

    def _start(self, stack: ExitStack) -> None:
        wanted = self._wanted
        shop = [wanted.seed, str(wanted.buyers), str(wanted.leads)]
        started = [
            *((one, ("leadyard", "web", "--fd", str(one.fileno()))) for one in self._web),
            (self._shop[0], ("benchmarks.market.shop", str(self._shop[0].fileno()), *shop)),
            (self._buyer[0], ("benchmarks.buyer", str(self._buyer[0].fileno()))),
        ]
        for listener, command in started:
            stack.enter_context(
                stage.processes([stage.python(*command)], [listener.fileno()], self._variables())
            )
        stage.wait_for(f"http://127.0.0.1:{_port(self._web)}/healthz")
        stage.wait_for(f"http://127.0.0.1:{_port(self._shop)}/counts")

    def _variables(self) -> dict[str, str]:
        return {
            "LEADYARD_DATABASE_URL": self._dsn,
            "LEADYARD_ALLOWED_NETWORKS": "127.0.0.1/32",
            "LEADYARD_LOG_LEVEL": "warning",
        }

    def _workers(self) -> AbstractContextManager[None]:
        return stage.processes(
            [stage.python("leadyard", "worker")] * self._wanted.workers, variables=self._variables()
        )

    async def _trade(self) -> None:
        wanted, outcome = self._wanted, self.outcome
        account_id, key = await set_up.open_account(self._dsn, "market")
        scenario = make(wanted.seed, wanted.buyers, wanted.leads)
        shop_url = f"http://127.0.0.1:{_port(self._shop)}"
        market = await set_up.build(scenario, _port(self._web), shop_url, account_id, key)
        watch = Watch(self._dsn, market, _port(self._shop), pause_seconds=PAUSE_SECONDS)
        returns = Returns(market, _port(self._shop))
        written = list(suppliers.requests(key, wanted.leads))
        with self._workers():
            started = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch.run())
                returning = tasks.create_task(returns.run())
                await self._post(written[: len(written) // 2])
                await set_up.pay_in(market)
                self._audit("while the market was open")
                await self._post(written[len(written) // 2 :])
                await self._calm()
                outcome.market_seconds = time.perf_counter() - started
                returns.stop()
                await returning
                outcome.unknown = await self._settle(market)
                watch.stop()
        outcome.watched, outcome.returns = watch.watched, returns.said
        outcome.market_per_second = len(outcome.answers.accepted) / outcome.market_seconds
        outcome.broken += watch.watched.broken
        await self._compare(market)

    async def _post(self, written: Sequence[bytes]) -> None:
        await load.run(
            _port(self._web), iter(written), good=_GOOD, connections=self._wanted.connections,
            seconds=PATIENCE_SECONDS, told=self.outcome.answers.told,
        )  # fmt: skip

    async def _settle(self, market: set_up.Market) -> int:
        """Compare the books as they stand, then settle unknown attempts until there are none; gives their number."""
        first = None
        for _ in range(_MOST_ROUNDS):
            kept = await books.read(self._dsn, market, _port(self._shop))
            if first is None:
                first = len(kept.in_state(books.UNKNOWN))
                self.outcome.broken += books.differences(market, self.outcome.answers, kept)
            if not kept.in_state(books.UNKNOWN):
                break
            self.outcome.settled += await books.settle_unknown(market, kept)
            await self._calm()
        return first or 0

    async def _compare(self, market: set_up.Market) -> None:
        kept = await books.read(self._dsn, market, _port(self._shop))
        self.outcome.broken += books.differences(market, self.outcome.answers, kept)
        self.outcome.attempt_states = kept.states()
        self.outcome.sale_states = Counter(
            SaleStatus(row["sale_status"]).name.lower()
            if row["system_status"] == SystemStatus.VALID
            else f"refused ({row['code']})"
            for row in kept.leads
        )
        async with line(market.port, market.key) as asking:
            self.outcome.broken += await books.report_differences(asking, market, kept)

    async def _share(self) -> None:
        """Post leads without a worker, let them be sold, then post the rest while they are sold."""
        account_id, key = await set_up.open_account(self._dsn, "fair")
        url = f"http://127.0.0.1:{_port(self._buyer)}/lead"
        shares = await fair.build(_port(self._web), account_id, key, url)
        self.outcome.shares = shares
        before = self._wanted.fair // 4
        measured = await fair.post(shares, 0, before, self._wanted.connections)
        self.outcome.accepted_per_second = measured.per_second
        stop = asyncio.Event()
        with self._workers():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fair.watch(self._dsn, shares, stop))
                await self._calm()
                started, rest = time.perf_counter(), self._wanted.fair - before
                await fair.post(shares, before, rest, self._wanted.connections)
                await self._calm()
                self.outcome.sold_per_second = rest / (time.perf_counter() - started)
                stop.set()
        self.outcome.broken += fair.unfair(shares, self._wanted.fair)

    async def _calm(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await connection.fetchval(books.BUSY):  # noqa: ASYNC110 - another process's deed
                await asyncio.sleep(0.1)
        await connection.close()

    def _audit(self, when: str) -> None:
        done = subprocess.run(
            stage.python("leadyard", "audit"), env={**os.environ, **self._variables()}, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            self.outcome.broken.append(f"the audit {when}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _port(listeners: Sequence[socket.socket]) -> int:
    return int(listeners[0].getsockname()[1])
