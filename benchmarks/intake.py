"""Rows 1 to 3: leads accepted per second and their latency against an echo, and leads sold per second end to end."""

import asyncio
import itertools
import json
import socket
import statistics
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import asyncpg
import uvloop

from benchmarks import leads, load, stage
from benchmarks.report import Row

MANY, FEW = 128, 32
_MOST_PER_SECOND = 16_000
GOOD = b'"status":"Success"'


class IntakeBench:
    """The processes under measurement, started once for all rows."""

    def __init__(self, *, seconds: float, rounds: int, web: int, workers: int) -> None:
        """Measure each side for so many seconds, in so many alternating rounds, with so many processes."""
        self._seconds, self._rounds = seconds, rounds
        self._processes, self._workers = web, workers
        self._numbers = itertools.count()
        self._key, self._dsn = "", ""
        self._echo = stage.listeners(web)
        self._web = stage.listeners(web)
        self._buyer = stage.listeners(1)

    def run(self) -> Iterator[Row]:
        """Measure; gives a row when it is known."""
        with ExitStack() as stack:
            self._dsn = stack.enter_context(stage.fresh_database())
            self._key = uvloop.run(stage.prepare(self._dsn, _port(self._buyer)))
            self._start(stack)
            yield from self._accepted()
            yield from self._end_to_end()

    def _start(self, stack: ExitStack) -> None:
        variables = {"LEADYARD_DATABASE_URL": self._dsn}
        for listeners, command in (
            (self._echo, ("benchmarks.echo",)),
            (self._web, ("leadyard", "web", "--fd")),
            (self._buyer, ("benchmarks.buyer",)),
        ):
            for one in listeners:
                started = stage.python(*command, str(one.fileno()))
                stack.enter_context(stage.processes([started], [one.fileno()], variables=variables))
        stage.wait_for(f"http://127.0.0.1:{_port(self._web)}/healthz")

    def _measure_echo(self, connections: int) -> load.Measured:
        request = load.post(leads.PATH, leads.body(self._key, 0))
        good = b'"campid"'
        return uvloop.run(
            load.run(
                _port(self._echo), itertools.repeat(request), good=good, connections=connections,
                seconds=self._seconds / 2,
            )
        )  # fmt: skip

    def _requests(self) -> Iterator[bytes]:
        """Write more requests than can be posted: beforehand, for the generator shares the cores with what it measures."""
        endless = leads.lead_requests(self._key, next(self._numbers) * 1_000_000)
        return iter(list(itertools.islice(endless, int(self._seconds * _MOST_PER_SECOND))))

    def _measure_leads(self, connections: int) -> load.Measured:
        return self._post(self._requests(), connections)

    def _post(self, requests: Iterator[bytes], connections: int) -> load.Measured:
        return uvloop.run(
            load.run(_port(self._web), requests, good=GOOD, connections=connections, seconds=self._seconds)
        )

    def _accepted(self) -> Iterator[Row]:
        self._measure_leads(FEW)
        pairs = [(self._measure_leads(MANY), self._measure_echo(MANY)) for _ in range(self._rounds)]
        _refuse_refusals(pairs)
        ratios = [ours.per_second / echo.per_second for ours, echo in pairs]
        ours, echo = _medians(pairs)
        detail = f"{ours:,.0f} leads/s against {echo:,.0f} echoes/s, {MANY} connections, web processes: {self._processes}"
        yield Row(
            "accepted leads/s over HTTP",
            "bare ASGI echo",
            statistics.median(ratios),
            ">=",
            0.20,
            0.35,
            detail,
        )
        pairs = [(self._measure_leads(FEW), self._measure_echo(FEW)) for _ in range(self._rounds)]
        _refuse_refusals(pairs)
        ratios = [ours.percentile_ms(0.99) / echo.percentile_ms(0.99) for ours, echo in pairs]
        lead, back = pairs[-1]
        detail = (
            f"p50 {lead.percentile_ms(0.5):.1f} ms, p99 {lead.percentile_ms(0.99):.1f} ms against echo's "
            f"p50 {back.percentile_ms(0.5):.1f} ms, p99 {back.percentile_ms(0.99):.1f} ms, {FEW} connections"
        )
        yield Row("p99 latency of the same", "echo's p99", statistics.median(ratios), "<=", 6, 3, detail)

    def _end_to_end(self) -> Iterator[Row]:
        pairs = [(self._measure_leads(MANY).per_second, self._sold_per_second()) for _ in range(self._rounds)]
        accepted = statistics.median(pair[0] for pair in pairs)
        sold = statistics.median(pair[1] for pair in pairs)
        detail = (
            f"{sold:,.0f} leads/s posted, sold at a loopback buyer and booked against {accepted:,.0f} accepted, "
            f"web processes: {self._processes}, workers: {self._workers}"
        )
        ratio = statistics.median(sold / accepted for accepted, sold in pairs)
        yield Row("end to end, leads/s", "accepted leads/s", ratio, ">=", 0.4, 0.7, detail)

    def _sold_per_second(self) -> float:
        """Post leads while workers sell them, and wait for the last; the buyer must have them all."""
        uvloop.run(_forget_queue(self._dsn))
        command = stage.python("leadyard", "worker")
        variables = {"LEADYARD_DATABASE_URL": self._dsn, "LEADYARD_ALLOWED_NETWORKS": "127.0.0.1/32"}
        before, requests = _taken(_port(self._buyer)), self._requests()
        with stage.processes([command] * self._workers, variables=variables):
            uvloop.run(_wait_for_workers(self._dsn, self._workers))
            started = time.perf_counter()
            posted = len(self._post(requests, MANY).latencies)
            uvloop.run(_wait_until_sold(self._dsn))
            seconds = time.perf_counter() - started
        taken = _taken(_port(self._buyer)) - before
        if taken != posted:
            raise RuntimeError(f"{posted} leads accepted, but the buyer got {taken}")
        return posted / seconds


def _port(listeners: Sequence[socket.socket]) -> int:
    return int(listeners[0].getsockname()[1])


def _medians(pairs: list[tuple[load.Measured, load.Measured]]) -> tuple[float, float]:
    first = statistics.median(ours.per_second for ours, _ in pairs)
    return first, statistics.median(echo.per_second for _, echo in pairs)


def _refuse_refusals(pairs: list[tuple[load.Measured, load.Measured]]) -> None:
    refused = sum(ours.refused + echo.refused for ours, echo in pairs)
    if refused:
        raise RuntimeError(f"{refused} requests were not accepted: the figures would be of refusals")


def _taken(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/taken") as answer:
        return int(json.load(answer))


async def _forget_queue(dsn: str) -> None:
    """Take leads that no worker was there to sell out of the queue."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("TRUNCATE delivery_jobs")
    await connection.close()


async def _wait_for_workers(dsn: str, count: int) -> None:
    connection = await asyncpg.connect(dsn)
    while await connection.fetchval("SELECT count(*) FROM workers") < count:  # noqa: ASYNC110 - another process's deed
        await asyncio.sleep(0.05)
    await connection.close()


async def _wait_until_sold(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM delivery_jobs)"):  # noqa: ASYNC110 - another process's deed
        await asyncio.sleep(0.1)
    await connection.close()
