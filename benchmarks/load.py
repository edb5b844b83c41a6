"""A load generator on raw sockets: cheap enough to share two cores with what it measures."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

Told = Callable[[bytes, bytes], object]
"""Takes a request and its whole answer."""


@dataclass
class Measured:
    """What a run came to; latencies in seconds, in order of completion."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Latency in milliseconds that a share of the answers did not pass."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class _Client(asyncio.Protocol):
    """One connection that posts the next request as soon as an answer is whole."""

    def __init__(
        self, requests: Iterator[bytes], good: bytes, measured: Measured, until: float, told: Told | None
    ) -> None:
        self._requests, self._good, self._measured, self._until = requests, good, measured, until
        self._told, self._request = told, b""
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._started = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._post()

    def _post(self) -> None:
        request = next(self._requests, None)
        assert self._transport is not None
        if request is None or time.perf_counter() >= self._until:
            self._transport.close()
            return
        self._started, self._request = time.perf_counter(), request
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = int(self._buffer[:head].lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._buffer) < head + 4 + length:
            return
        if self._good in self._buffer:
            self._measured.latencies.append(time.perf_counter() - self._started)
        else:
            self._measured.refused += 1
        if self._told is not None:
            self._told(self._request, self._buffer)
        self._buffer = b""
        self._post()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.done.done():
            self.done.set_result(None)


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """Write a POST request as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def run(
    port: int,
    requests: Iterator[bytes],
    *,
    good: bytes,
    connections: int,
    seconds: float,
    told: Told | None = None,
) -> Measured:
    """Post requests over so many connections for so long; `good` marks the answers that count, `told` gets all."""
    started = time.perf_counter()
    measured = Measured(seconds)
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(requests, good, measured, started + seconds, told), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    measured.seconds = time.perf_counter() - started
    return measured
