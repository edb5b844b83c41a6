"""One HTTP exchange: what was answered, or what went wrong and whether the request may have left."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import NamedTuple

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, ClientTimeout
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from leadyard.delivery.guard import AddressRefusedError
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.http.request import Request

ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read; the rest of a longer one is never fetched."""

_CONNECT_SHARE = 0.8
"""A lead handed over in the last moment of its budget would end unknown, so the last fifth is kept for the answer."""

SURELY_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class MaybeSentError(Exception):
    """A connection failed after the request may have left."""


class TroubleError(Exception):
    """An exchange without a whole answer.

    `outcome`: `error`, nothing was sent and never can be; `retry`, nothing was sent; `unknown`, the request may have
    left.
    """

    def __init__(self, outcome: Outcome, reason: str) -> None:
        """Say what may have happened to the request, and why."""
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class Reply(NamedTuple):
    """An answer: status, headers, media type, and the text of the body up to the limit."""

    status: int
    headers: CIMultiDictProxy[str] | CIMultiDict[str]
    content_type: str
    text: str


class Places:
    """Room for so many exchanges with each host at once; whoever waits has not begun to send."""

    def __init__(self, per_host: int) -> None:
        """Take how many exchanges one host may have at once."""
        self._per_host = per_host
        self._semaphores: dict[tuple[str, int | None], asyncio.Semaphore] = {}
        self._users: dict[tuple[str, int | None], int] = defaultdict(int)

    @asynccontextmanager
    async def place(self, url: URL) -> AsyncIterator[None]:
        """Lend a place with the URL's host, waiting for as long as it takes."""
        key = (url.host or "", url.port)
        semaphore = self._semaphores.setdefault(key, asyncio.Semaphore(self._per_host))
        self._users[key] += 1
        try:
            async with semaphore:
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._semaphores[key]


async def call(
    session: ClientSession, request: Request, seconds: int, context: ssl.SSLContext | None
) -> Reply:
    """Send a request and read its answer within so many seconds; raises TroubleError for all else."""
    try:
        async with session.request(
            request.method,
            request.url,
            data=None if request.body is None else request.body.encode(errors="replace"),
            headers=request.headers,
            allow_redirects=False,
            timeout=timeout(seconds),
            ssl=True if context is None else context,
        ) as response:
            text = _decoded(await _read(response), response.charset)
            return Reply(response.status, response.headers, response.content_type, text)
    except SURELY_NOT_SENT as error:
        raise _not_sent(error) from error
    except aiohttp.InvalidURL as error:
        detail = error.description or "not a usable host"
        raise TroubleError(Outcome.ERROR, f"The URL cannot be called: {detail}") from error
    except TimeoutError as error:
        reason = f"No whole answer within {seconds} seconds; the buyer may have the lead"
        raise TroubleError(Outcome.UNKNOWN, reason) from error
    except (MaybeSentError, aiohttp.ClientError, OSError) as error:
        reason = f"The answer did not arrive whole; the buyer may have the lead ({words(error)})"
        raise TroubleError(Outcome.UNKNOWN, reason) from error


async def send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Hide lost connections from aiohttp, which would send GET and PUT again over a new one."""
    try:
        return await handler(request)
    except SURELY_NOT_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise MaybeSentError(words(error)) from error


def words(error: BaseException) -> str:
    """Put an error of the network into words that can be kept."""
    return (str(error) or type(error).__name__)[:300].replace("\x00", "\ufffd")


@lru_cache(maxsize=64)
def timeout(seconds: int) -> ClientTimeout:
    """Give the limits of one exchange."""
    return ClientTimeout(total=seconds, connect=seconds * _CONNECT_SHARE, ceil_threshold=3600)


async def _read(response: ClientResponse) -> bytes:
    """Read up to the limit; a longer answer is cut there and its connection given up."""
    body = await response.content.read(ANSWER_LIMIT)
    while len(body) < ANSWER_LIMIT and not response.content.at_eof():
        body += await response.content.read(ANSWER_LIMIT - len(body))
    if not response.content.at_eof():
        response.close()
    return body


def _decoded(body: bytes, charset: str | None) -> str:
    try:
        text = body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _not_sent(error: aiohttp.ClientError) -> TroubleError:
    cause = getattr(error, "os_error", None)
    if isinstance(cause, AddressRefusedError):
        return TroubleError(Outcome.ERROR, f"The call is not allowed: {cause}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TroubleError(Outcome.RETRY, f"The host name does not resolve ({words(error)})")
    if isinstance(error, aiohttp.ClientSSLError):
        return TroubleError(Outcome.RETRY, f"No secure connection ({words(error)})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TroubleError(Outcome.RETRY, "No connection in time")
    return TroubleError(Outcome.RETRY, f"No connection ({words(error)})")
