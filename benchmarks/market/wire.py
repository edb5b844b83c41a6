"""HTTP with JSON over a few connections that stay open: the operator, the suppliers and the buyers at the exchange."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

Item = TypeVar("Item")
_IDLE_SECONDS = 2


class Reply(msgspec.Struct, frozen=True):
    """An answer with its document; None for an empty one."""

    status: int
    document: Any


class Line:
    """One connection to one server."""

    def __init__(self, port: int, key: str) -> None:
        """Note where it goes and with which key; nothing is opened yet."""
        self._port, self._key = port, key
        self._used = 0.0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, document: Any = None) -> Reply:
        """Send one request and read its answer; a JSON document goes with it unless it is None."""
        reader, writer = await self._connected()
        body = b"" if document is None else msgspec.json.encode(document)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: market\r\nX-KEY: {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        lengths = [line.partition(":")[2] for line in headers if line.lower().startswith("content-length:")]
        text = await reader.readexactly(int(lengths[0]) if lengths else 0)
        self._used = time.monotonic()
        return Reply(int(status.split()[1]), json.loads(text) if text else None)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Give the connection, a new one before the server hangs up on an idle one."""
        if self._streams is not None and time.monotonic() - self._used > _IDLE_SECONDS:
            self.close()
            self._streams = None
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        return self._streams

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


@asynccontextmanager
async def line(port: int, key: str = "") -> AsyncIterator[Line]:
    """Lend a connection."""
    opened = Line(port, key)
    try:
        yield opened
    finally:
        opened.close()


async def over(
    port: int, key: str, items: Iterable[Item], do: Callable[[Line, Item], Awaitable[None]], lines: int = 8
) -> None:
    """Do something with each item, over so many connections at once."""
    waiting = iter(list(items))

    async def work() -> None:
        async with line(port, key) as opened:
            for item in waiting:
                await do(opened, item)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(lines):
            tasks.create_task(work())
