"""Row 5: visits per second through the tracker's beacon against an echo, and how fast they are worked in."""

import asyncio
import itertools
import json
import socket
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import asyncpg
import uvloop

from benchmarks import load, stage
from benchmarks.report import Row
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.storage.database import Database

CONNECTIONS = 128
PATH = "/collector/v1/visit"
_MOST_PER_SECOND = 30_000
_HEADERS = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36\r\n"
)
_GOOD = b'{"ok":true}'


class VisitBench:
    """Web processes that take beacons, beside an echo of the same bytes."""

    def __init__(self, *, seconds: float, rounds: int, web: int) -> None:
        """Measure each side for so many seconds, in so many alternating rounds, with so many processes."""
        self._seconds, self._rounds, self._processes = seconds, rounds, web
        self._key, self._dsn = "", ""
        self._echo = stage.listeners(web)
        self._web = stage.listeners(web)

    def run(self) -> Iterator[Row]:
        """Measure; gives the row when it is known."""
        with ExitStack() as stack:
            self._dsn = stack.enter_context(stage.fresh_database())
            self._key = uvloop.run(_prepare(self._dsn))
            variables = {"LEADYARD_DATABASE_URL": self._dsn}
            for listeners, command in (
                (self._echo, ("benchmarks.echo",)),
                (self._web, ("leadyard", "web", "--fd")),
            ):
                for one in listeners:
                    started = stage.python(*command, str(one.fileno()))
                    stack.enter_context(stage.processes([started], [one.fileno()], variables=variables))
            stage.wait_for(f"http://127.0.0.1:{_port(self._web)}/healthz")
            yield self._taken()

    def _taken(self) -> Row:
        self._measure_visits(1.0)
        pairs = [(self._measure_visits(self._seconds), self._measure_echo()) for _ in range(self._rounds)]
        refused = sum(ours.refused + echo.refused for ours, echo in pairs)
        if refused:
            raise RuntimeError(f"{refused} beacons were not taken: the figures would be of refusals")
        ratios = [ours.per_second / echo.per_second for ours, echo in pairs]
        ours = statistics.median(one.per_second for one, _ in pairs)
        echo = statistics.median(one.per_second for _, one in pairs)
        waiting = uvloop.run(_waiting(self._dsn))
        answered = sum(len(one.latencies) for one, _ in pairs)
        if waiting < answered:
            raise RuntimeError(f"{answered} beacons were answered, but {waiting} events are there")
        worked_in = self._worked_in(waiting)
        detail = (
            f"{ours:,.0f} visits/s against {echo:,.0f} echoes/s, {CONNECTIONS} connections, web processes: "
            f"{self._processes}; one worker then worked {worked_in:,.0f} a second in"
        )
        ratio = statistics.median(ratios)
        return Row("visits/s through the beacon", "bare ASGI echo", ratio, ">=", 0.30, 0.50, detail)

    def _measure_visits(self, seconds: float) -> load.Measured:
        requests = iter([self._request(number) for number in range(int(seconds * _MOST_PER_SECOND))])
        return uvloop.run(
            load.run(_port(self._web), requests, good=_GOOD, connections=CONNECTIONS, seconds=seconds)
        )

    def _measure_echo(self) -> load.Measured:
        request = self._request(0)
        return uvloop.run(
            load.run(
                _port(self._echo), itertools.repeat(request), good=b'"k"', connections=CONNECTIONS,
                seconds=self._seconds / 2,
            )
        )  # fmt: skip

    def _request(self, number: int) -> bytes:
        body = {
            "k": self._key,
            "t": str(uuid.uuid4()),
            "n": str(uuid.uuid4()),
            "u": f"https://shop.example.com/shoes/{number % 1000}?afmc=abc{number % 50}&utm_source=leaddyno",
            "r": "https://www.google.com/search?q=red+shoes",
        }
        return load.post(PATH, json.dumps(body).encode(), _HEADERS)

    def _worked_in(self, waiting: int) -> float:
        command = stage.python("leadyard", "worker")
        with stage.processes([command], variables={"LEADYARD_DATABASE_URL": self._dsn}):
            uvloop.run(_wait_until_fewer(self._dsn, waiting))
            started = time.perf_counter()
            before = uvloop.run(_waiting(self._dsn))
            time.sleep(min(self._seconds, 10))
            after = uvloop.run(_waiting(self._dsn))
            return (before - after) / (time.perf_counter() - started)


def _port(listeners: list[socket.socket]) -> int:
    return int(listeners[0].getsockname()[1])


async def _prepare(dsn: str) -> str:
    database = Database(dsn, size=2)
    await database.open()
    try:
        account = await identity.create_account(database, name="Bench", slug="bench", takes_other_hosts=True)
        actor = Actor(account.id, "bench")
        wanted = KeyInput(reference="tracker", kind=KindOfKey.LEADDYNO_PUBLIC)
        _, key = await identity.create_key(database, actor, wanted)
    finally:
        await database.close()
    return key


async def _waiting(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    count = await connection.fetchval("SELECT count(*) FROM collector_events")
    await connection.close()
    return int(count)


async def _wait_until_fewer(dsn: str, than: int) -> None:
    """Wait until the worker has begun."""
    while await _waiting(dsn) >= than:  # noqa: ASYNC110 - another process's deed
        await asyncio.sleep(0.2)
