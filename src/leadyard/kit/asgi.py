"""Bare ASGI: bodies in, answers out, and who is calling. For routes where a framework costs too much."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
Network = IPv4Network | IPv6Network

_DRAIN_FACTOR = 4
_DRAIN_SECONDS = 5
_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class BodyTooLargeError(Exception):
    """The body has more bytes than the route accepts."""


class ClientGoneError(Exception):
    """The caller hung up before the whole body had arrived."""


async def read_body(receive: Receive, limit: int, headers: Headers = ()) -> bytes:
    """Collect a request body of at most `limit` bytes.

    With `headers`, a Content-Length beyond the limit is refused without keeping anything. An oversized
    body is read on for a while and thrown away, so that the caller can finish sending and sees the
    answer. Raises BodyTooLargeError or ClientGoneError.
    """
    declared = _declared_length(headers)
    if declared > limit:
        await _drain(receive, limit * _DRAIN_FACTOR)
        raise BodyTooLargeError
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLargeError
        return body
    return await _read_chunks(receive, message, limit)


async def _read_chunks(receive: Receive, message: Message, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while message["type"] == "http.request":
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size > limit:
            if more:
                await _drain(receive, limit * _DRAIN_FACTOR)
            raise BodyTooLargeError
        chunks.append(chunk)
        if not more:
            return b"".join(chunks)
        message = await receive()
    raise ClientGoneError


def _declared_length(headers: Headers) -> int:
    for name, value in headers:
        if name == b"content-length":
            digits = value.strip()
            # The server checked that it is a number; one of more digits than this is beyond any limit.
            return min(int(digits[:18]), 10**18) if digits.isdigit() else 0
    return 0


async def _drain(receive: Receive, most: int) -> None:
    size = 0
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while size <= most:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def send_json(send: Send, status: int, payload: bytes, headers: Headers = ()) -> None:
    """Answer with JSON bytes that are already encoded."""
    await _send(send, status, payload, _JSON, headers)


def bodiless(send: Send) -> Send:
    """Let an answer go out without its body, as HEAD wants it; its headers stay as they are."""

    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending


async def send_text(send: Send, status: int, text: str, headers: Headers = ()) -> None:
    """Answer with plain UTF-8 text."""
    await _send(send, status, text.encode("utf-8", "replace"), _TEXT, headers)


async def send_empty(send: Send, status: int, headers: Headers = ()) -> None:
    """Answer without a body, for example 204."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, status: int, body: bytes, kind: tuple[bytes, bytes], headers: Headers) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [kind, length, *headers]})
    await send({"type": "http.response.body", "body": body})


def client_address(scope: Mapping[str, Any], trusted_proxies: Sequence[Network]) -> str:
    """Tell the caller's address; `X-Forwarded-For` counts only as far as trusted proxies wrote it.

    Reads the header from its right end and stops at the first address that is not a trusted proxy.
    A caller on a Unix socket has no address and is trusted when any proxy is. Returns `""` if unknown.
    """
    peer: Sequence[Any] | None = scope.get("client")
    nearest = _plain_address(str(peer[0])) if peer else ""
    if not trusted_proxies or (nearest and not _is_trusted(nearest, trusted_proxies)):
        return nearest
    for hop in reversed(_forwarded_for(scope)):
        address = _plain_address(hop)
        if not address:
            break
        nearest = address
        if not _is_trusted(address, trusted_proxies):
            break
    return nearest


def _forwarded_for(scope: Mapping[str, Any]) -> list[str]:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return ",".join(values).split(",") if values else []


@lru_cache(maxsize=4096)
def _plain_address(text: str) -> str:
    address = _parsed(text)
    return "" if address is None else str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_trusted(text: str, trusted_proxies: Sequence[Network]) -> bool:
    address = ip_address(text)
    return any(address in network for network in trusted_proxies)


async def send_bytes(
    send: Send, status: int, body: bytes, content_type: bytes, headers: Headers = ()
) -> None:
    """Answer with a body of any content type."""
    await _send(send, status, body, (b"content-type", content_type), headers)
