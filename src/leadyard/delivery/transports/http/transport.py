"""Sends leads over HTTP and tells a lead that was surely not taken from one that may have been."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus

import aiohttp
from aiohttp import (
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
)
from msgspec import structs
from yarl import URL

from leadyard.delivery.answers import RuleError, compile_rules, judge, retry_after_seconds
from leadyard.delivery.guard import AddressGuard, AddressRefusedError, GuardedResolver, Network
from leadyard.delivery.model import RESPONSE_TEXT_LIMIT, AnswerRules, HttpTarget, Outcome, Verdict
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.http.request import Request, RequestPlan, compile_target
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError

ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read; the rest of a longer one is never fetched."""

_CONNECT_SHARE = 0.8
"""A lead handed over in the last moment of its budget would end unknown, so the last fifth is kept for the answer."""

_IDLE_SECONDS = 4.0
"""An idle connection that the buyer closes just as a lead goes out leaves the lead's fate unknown. Most servers keep
connections for 5 seconds or more, so ours are given up before that."""

_POST_SECONDS = 10

_SURELY_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class _MaybeSentError(Exception):
    """A connection failed after the request may have left."""


class HttpTransport:
    """One process's HTTP client for deliveries: no cookies, no redirects, no proxies, and nothing sent twice."""

    def __init__(
        self,
        allowed_networks: Sequence[Network] = (),
        *,
        connections: int = 512,
        connections_per_host: int = 128,
    ) -> None:
        """Take the private networks that may be called, and how many connections may be open at once."""
        self._guard = AddressGuard(allowed_networks)
        self._connections = connections
        self._connections_per_host = connections_per_host
        self._session: ClientSession | None = None

    async def open(self) -> None:
        """Make the client; call it inside the event loop that will send."""
        connector = TCPConnector(
            resolver=GuardedResolver(self._guard),
            socket_factory=self._guard.open_socket,
            limit=self._connections,
            limit_per_host=self._connections_per_host,
            keepalive_timeout=_IDLE_SECONDS,
            ttl_dns_cache=30,
            dns_cache_max_size=1000,
        )
        self._session = ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            middlewares=(_send_once,),
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def deliver(
        self, target: HttpTarget, rules: AnswerRules, values: Mapping[str, str], *, idempotency_key: str
    ) -> Verdict:
        """Send one lead and judge the answer; network trouble becomes a verdict, never an exception.

        `error`: set-up or values cannot be used, or the address is refused; nothing was sent. `retry`: no connection
        came about; nothing was sent. `unknown`: a request may have left and no whole answer came in time. When this
        call is cancelled the lead's fate is unknown too.
        """
        started = time.perf_counter()
        try:
            plan = compile_target(target)
            compile_rules(rules)
            request = plan.request(values)
        except (InvalidInputError, RuleError, UnfitValueError) as error:
            return Verdict(Outcome.ERROR, str(error))
        request.headers["Idempotency-Key"] = idempotency_key
        verdict = await self._exchange(plan, request, target.timeout_seconds, rules)
        return structs.replace(
            verdict,
            request_text=plan.shown_text(values, request),
            elapsed_ms=round((time.perf_counter() - started) * 1000),
        )

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Post JSON to an address, under the same guard as leads; gives "" for a 2xx answer, else what went wrong."""
        return await self.send("POST", url, body, {"Content-Type": "application/json", **headers})

    async def send(self, method: str, url: str | URL, body: bytes | None, headers: Mapping[str, str]) -> str:
        """Make a request whose answer does not matter beyond its status: "" for 2xx, else what went wrong."""
        if self._session is None:
            raise RuntimeError("open() the transport before posting")
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=_timeout(_POST_SECONDS),
            ) as response:
                return "" if response.status < HTTPStatus.MULTIPLE_CHOICES else f"HTTP {response.status}"
        except (aiohttp.ClientError, _MaybeSentError, OSError, TimeoutError, ValueError) as error:
            return _words(error)

    async def _exchange(
        self, plan: RequestPlan, request: Request, seconds: int, rules: AnswerRules
    ) -> Verdict:
        if self._session is None:
            raise RuntimeError("open() the transport before delivering")
        try:
            async with self._session.request(
                plan.method,
                request.url,
                data=None if request.body is None else request.body.encode(errors="replace"),
                headers=request.headers,
                allow_redirects=False,
                timeout=_timeout(seconds),
            ) as response:
                return await _judged(plan, response, rules)
        except _SURELY_NOT_SENT as error:
            return _not_sent(error)
        except aiohttp.InvalidURL as error:
            return Verdict(
                Outcome.ERROR, f"The URL cannot be called: {error.description or 'not a usable host'}"
            )
        except TimeoutError:
            return Verdict(
                Outcome.UNKNOWN, f"No whole answer within {seconds} seconds; the buyer may have the lead"
            )
        except (_MaybeSentError, aiohttp.ClientError, OSError) as error:
            return Verdict(
                Outcome.UNKNOWN,
                f"The answer did not arrive whole; the buyer may have the lead ({_words(error)})",
            )


async def _send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Hide lost connections from aiohttp, which would send GET and PUT again over a new one."""
    try:
        return await handler(request)
    except _SURELY_NOT_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _MaybeSentError(_words(error)) from error


async def _judged(plan: RequestPlan, response: ClientResponse, rules: AnswerRules) -> Verdict:
    body = await _read(response)
    text = _decoded(body, response.charset)
    judgement = judge(rules, response.status, response.content_type, text)
    retry_after = None
    if judgement.outcome is Outcome.RETRY:
        retry_after = retry_after_seconds(response.headers.get("Retry-After"), clock.now())
    return Verdict(
        judgement.outcome,
        plan.conceal(judgement.reason),
        response.status,
        judgement.revenue,
        judgement.buyer_reference,
        plan.conceal(text)[:RESPONSE_TEXT_LIMIT],
        retry_after_seconds=retry_after,
    )


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


def _not_sent(error: aiohttp.ClientError) -> Verdict:
    cause = getattr(error, "os_error", None)
    if isinstance(cause, AddressRefusedError):
        return Verdict(Outcome.ERROR, f"The call is not allowed: {cause}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Verdict(Outcome.RETRY, f"The host name does not resolve ({_words(error)})")
    if isinstance(error, aiohttp.ClientSSLError):
        return Verdict(Outcome.RETRY, f"No secure connection ({_words(error)})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Verdict(Outcome.RETRY, "No connection in time")
    return Verdict(Outcome.RETRY, f"No connection ({_words(error)})")


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300].replace("\x00", "\ufffd")


@lru_cache(maxsize=64)
def _timeout(seconds: int) -> ClientTimeout:
    return ClientTimeout(total=seconds, connect=seconds * _CONNECT_SHARE, ceil_threshold=3600)
