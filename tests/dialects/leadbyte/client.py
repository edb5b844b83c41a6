"""Calls a raw ASGI application in this process, byte for byte as a server would."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from leadyard.kit.asgi import Application, Message

ADDRESS = "198.51.100.7"


class Reply(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Sends requests to one application."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        query: str | Mapping[str, Any] = "",
        body: bytes = b"",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        address: str = ADDRESS,
        chunk: int = 0,
    ) -> Reply:
        """Send a request; a path may carry its query, `chunk` is the size in which the body arrives."""
        path, _, inline = path.partition("?")
        text = query if isinstance(query, str) else urlencode(query, doseq=True)
        sent = msgspec.json.encode(json) if json is not None else body
        usual = {} if json is None else {"content-type": "application/json"}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": (text or inline).encode("utf-8", "surrogateescape"),
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in {"host": "demo.leads.test", **usual, **(headers or {})}.items()
            ],
            "client": (address, 40000),
        }
        return await _exchange(self.app, scope, _pieces(sent, chunk))


def _pieces(body: bytes, size: int) -> list[bytes]:
    return [body[i : i + size] for i in range(0, len(body), size)] if size else [body]


async def _exchange(app: Application, scope: dict[str, Any], pieces: Sequence[bytes]) -> Reply:
    waiting = list(pieces) or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    async with asyncio.timeout(60):
        await app(scope, receive, send)
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(message["body"] for message in rest))
