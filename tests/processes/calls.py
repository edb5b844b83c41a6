"""HTTP as plainly as it goes: connections that a test holds open, and requests that it sends in parts."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self

import msgspec

LEADS = "/restapi/v1.3/leads"

LOST = (asyncio.IncompleteReadError, OSError)
"""What a client sees when the process that it talks to is killed."""


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int:
        """LeadByte's code for a posted lead."""
        return int(self.json()["code"])


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def close(self) -> None:
        self._writer.close()

    async def send(self, text: bytes) -> None:
        self._writer.write(text)
        await self._writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Read up to the end of an answer's headers."""
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(status.split()[1]), headers

    async def answer(self) -> Answer:
        status, headers = await self.head()
        return Answer(status, await self._reader.readexactly(int(headers.get("content-length", "0"))))

    async def ask(self, method: str, path: str, key: str = "", document: Any = None) -> Answer:
        body = b"" if document is None else msgspec.json.encode(document)
        await self.send(head_of(method, path, key, len(body)) + body)
        return await self.answer()


def head_of(method: str, path: str, key: str, length: int, **headers: str) -> bytes:
    """Write the head of a request."""
    lines: Mapping[str, str] = {
        "Host": "127.0.0.1",
        "X-KEY": key,
        "Content-Type": "application/json",
        "Content-Length": str(length),
        **headers,
    }
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in lines.items()), "", ""]
    ).encode()


class OpenPost:
    """A post of a lead whose head a web process has read and whose body it waits for."""

    def __init__(self, line: Line, body: bytes) -> None:
        self._line = line
        self._body = body

    @classmethod
    async def begin(cls, port: int, key: str, document: Any) -> Self:
        body = msgspec.json.encode(document)
        line = await Line.open(port)
        await line.send(head_of("POST", LEADS, key, len(body), Expect="100-continue"))
        assert (await line.head())[0] == 100
        return cls(line, body)

    async def finish(self) -> Answer:
        """Send the body and read the answer."""
        try:
            await self._line.send(self._body)
            return await self._line.answer()
        finally:
            self._line.close()


async def ask(port: int, method: str, path: str, key: str = "", document: Any = None) -> Answer:
    """Ask once, over a connection of its own."""
    line = await Line.open(port)
    try:
        return await line.ask(method, path, key, document)
    finally:
        line.close()


def lead(number: int, campaign: str = "EXAMPLE-CAMPAIGN") -> dict[str, Any]:
    """A body for POST /leads, with an e-mail address and a phone of its own."""
    return {
        "lead": {
            "campid": campaign,
            "sid": "1",
            "email": f"person.{number}@example.com",
            "phone1": f"07{700_000_000 + number}",
            "firstname": "Jo",
            "lastname": "Bloggs",
            "data13": "Mini",
        }
    }
