"""HTTP servers on loopback that misbehave, each in one way, for every kind of delivery that speaks HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.buyers import Call, Script, buyer, listener
from tests.delivery.self_signed import Certificate

PATIENCE = 0.4
"""Seconds that a request may take where the fault is that it takes too long."""


@dataclass
class Faulty:
    """A server with a fault: its address, what it was asked, and what a server that it points at was asked."""

    url: str
    calls: list[Call] = field(default_factory=list)
    pointed_at: list[Call] = field(default_factory=list)


async def silent(_call: Call) -> None:
    await asyncio.sleep(60)


async def slow_headers(call: Call) -> None:
    for character in "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken":
        await call.send(character)
        await asyncio.sleep(0.1)


async def endless_headers(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\n")
    while True:
        await call.send(f"X-More: {'.' * 1000}\r\n")


async def slow_body(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ntaken")
    while True:
        await call.send(".")
        await asyncio.sleep(0.05)


async def endless_body(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\n\r\ntaken")
    while True:
        await call.send("." * 10_000)


async def too_short(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ntaken")
    call.writer.close()


async def too_long(call: Call) -> None:
    await call.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken and more")


async def hangs_up(call: Call) -> None:
    call.writer.close()


async def busy(call: Call) -> None:
    await call.answer("busy", "429 Too Many Requests", "Retry-After: 7\r\n")


async def breaks_after_taking(call: Call) -> None:
    await call.answer("saved, then we broke", "500 Internal Server Error")


async def takes(call: Call) -> None:
    await call.answer("taken")


SCRIPTS: Mapping[str, Script] = {
    "silence": silent,
    "slow headers": slow_headers,
    "endless headers": endless_headers,
    "slow body": slow_body,
    "endless body": endless_body,
    "shorter than announced": too_short,
    "longer than announced": too_long,
    "hangs up": hangs_up,
    "429 with Retry-After": busy,
    "500 after having taken it": breaks_after_taking,
}


@asynccontextmanager
async def faulty(fault: str, folder: Path) -> AsyncIterator[Faulty]:
    """Run a server with a fault; the folder is for a certificate."""
    if fault == "refused connection":
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            yield Faulty(f"http://127.0.0.1:{closed.getsockname()[1]}/leads")
    elif fault == "a redirect into the network":
        async with buyer(takes) as inside:

            async def points_inside(call: Call) -> None:
                await call.answer("over there", "307 Temporary Redirect", f"Location: {inside.url}\r\n")

            async with buyer(points_inside) as running:
                yield Faulty(running.url, running.calls, inside.calls)
    elif fault == "a certificate of no one":
        async with buyer(takes, tls=Certificate(folder).server_context()) as running:
            yield Faulty(running.url, running.calls)
    elif fault in {"no TLS", "a handshake without end"}:
        async with listener(_garbles if fault == "no TLS" else _reads) as port:
            yield Faulty(f"https://127.0.0.1:{port}/leads")
    else:
        async with buyer(SCRIPTS[fault]) as running:
            yield Faulty(running.url, running.calls)


async def _garbles(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"this is not TLS\r\n\r\n")
    await writer.drain()


async def _reads(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


def resolving(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, list[str]]) -> list[str]:
    """Make names resolve to an address, another at each look-up, the last one from then on; gives what was asked."""
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    usual = loop.getaddrinfo

    async def look_up(host: str, port: int, **options: Any) -> list[Any]:
        if host not in names:
            return await usual(host, port, **options)
        address = names[host][min(asked.count(host), len(names[host]) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    return asked
