"""Real buyers on loopback: raw servers that answer exactly the bytes a test asks for."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from leadyard.delivery.model import AnswerRule, AnswerRules
from leadyard.delivery.transports.http import HttpTransport

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ACCEPTING = AnswerRules(rules=(AnswerRule(kind="keyword", pattern="taken", outcome="accept"),))

Script = Callable[["Call"], Awaitable[None]]


@dataclass
class Call:
    """One request as the buyer got it, and the way to answer."""

    head: str
    body: bytes
    writer: asyncio.StreamWriter

    async def send(self, text: str | bytes) -> None:
        self.writer.write(text if isinstance(text, bytes) else text.encode())
        await self.writer.drain()

    async def answer(self, body: str, status: str = "200 OK", headers: str = "") -> None:
        raw = body.encode()
        await self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw)


@dataclass
class Buyer:
    """A running buyer: its address and every request it got."""

    url: str
    calls: list[Call] = field(default_factory=list)


@asynccontextmanager
async def listener(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Listen on loopback and give the port; every connection is closed when the test ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


@asynccontextmanager
async def buyer(
    script: Script, *, calls_per_connection: int = 1_000_000, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Buyer]:
    """Run a buyer that treats each request by the script."""
    running = Buyer("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(calls_per_connection):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lengths = [line for line in head.split("\r\n") if line.lower().startswith("content-length:")]
            body = await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
            call = Call(head, body, writer)
            running.calls.append(call)
            await script(call)

    async with listener(serve, tls) as port:
        running.url = f"http{'s' if tls else ''}://127.0.0.1:{port}/leads"
        yield running


@asynccontextmanager
async def transport(**options: int) -> AsyncIterator[HttpTransport]:
    """Open a transport that may call loopback."""
    opened = HttpTransport(LOOPBACK, **options)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
