"""One HTTP exchange: what was answered, or what went wrong and whether the request may have left."""

import codecs
import socket
import ssl
import zlib
from base64 import b64encode
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict
from yarl import URL

from leadyard.delivery.guard import AddressRefusedError
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.http.pool import NotSentError, Origin, Pool
from leadyard.delivery.transports.http.wire import ANSWER_LIMIT, Answered, MaybeSentError

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SCHEMES = frozenset({"http", "https"})
_NOT_FOR_TEXTS = frozenset({"punycode", "idna"})
"""Codecs for names: a long text takes them a quarter of a second, in which nothing else gets on."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


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


class Message(NamedTuple):
    """A request as it is sent."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None


class Reply(NamedTuple):
    """An answer: status, headers, media type, and the text of the body up to the limit."""

    status: int
    headers: CIMultiDict[str]
    content_type: str
    text: str


async def call(pool: Pool, message: Message, seconds: float, context: ssl.SSLContext | None) -> Reply:
    """Send a request and read its answer within so many seconds; raises TroubleError for all else."""
    origin, request = origin_of(message.url, context), write(message)
    try:
        answer = await pool.exchange(origin, request, seconds)
        content_type, charset = _media(answer.headers.get("Content-Type", ""))
        return Reply(answer.status, answer.headers, content_type, _decoded(_unpacked(answer), charset))
    except NotSentError as error:
        raise _not_sent(error.__cause__ or error) from error
    except TimeoutError as error:
        reason = f"No whole answer within {seconds} seconds; the buyer may have the lead"
        raise TroubleError(Outcome.UNKNOWN, reason) from error
    except MaybeSentError as error:
        reason = f"The answer did not arrive whole; the buyer may have the lead ({words(error)})"
        raise TroubleError(Outcome.UNKNOWN, reason) from error


def origin_of(url: URL, context: ssl.SSLContext | None) -> Origin:
    """Tell where a request goes; raises TroubleError for an address that nothing can be sent to."""
    if url.scheme not in _SCHEMES or not url.raw_host or url.port is None:
        raise TroubleError(Outcome.ERROR, "The URL cannot be called: not a usable host")
    return Origin(url.raw_host, url.port, (context or _trusting()) if url.scheme == "https" else None)


def write(message: Message) -> bytes:
    """Write a request as it goes over the wire; raises TroubleError when a header would end its line."""
    method, url, headers, body = message
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1", f"Host: {url.host_port_subcomponent}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if url.user is not None and "Authorization" not in headers:
        pair = f"{url.user}:{url.password or ''}".encode(errors="replace")
        lines.append(f"Authorization: Basic {b64encode(pair).decode()}")
    if body is not None or method not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {len(body or b'')}")
    head = "\r\n".join(lines)
    ends = len(lines) - 1
    if head.count("\n") != ends or head.count("\r") != ends or "\x00" in head:
        raise TroubleError(Outcome.ERROR, "The request cannot be sent: there is a line break in its head")
    return head.encode(errors="replace") + b"\r\n\r\n" + (body or b"")


def words(error: BaseException) -> str:
    """Put an error of the network into words that can be kept."""
    return (str(error) or type(error).__name__)[:300].replace("\x00", "\ufffd")


@lru_cache(maxsize=1)
def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


@lru_cache(maxsize=256)
def _media(content_type: str) -> tuple[str, str]:
    """Read the media type and the charset of a header's value."""
    kind, *parameters = content_type.split(";")
    pairs = [one.partition("=") for one in parameters]
    charsets = [value.strip().strip('"') for name, _, value in pairs if name.strip().lower() == "charset"]
    charset = charsets[0] if charsets and _is_for_texts(charsets[0]) else "utf-8"
    return kind.strip().lower() or "application/octet-stream", charset


def _is_for_texts(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name not in _NOT_FOR_TEXTS
    except (LookupError, ValueError):
        return False


def _unpacked(answer: Answered) -> bytes:
    """Undo a compression that nobody asked for, up to the limit; raises MaybeSentError when that cannot be done."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("", "identity") or not answer.body:
        return answer.body
    if coding not in _WINDOW_BITS:
        raise MaybeSentError(f"it is packed as {coding}")
    # Some servers say deflate and leave the header of zlib out.
    is_bare = coding == "deflate" and answer.body[0] & 0x0F != zlib.DEFLATED
    unpacking = zlib.decompressobj(-_WINDOW_BITS[coding] if is_bare else _WINDOW_BITS[coding])
    try:
        body = unpacking.decompress(answer.body, ANSWER_LIMIT)
    except zlib.error as error:
        raise MaybeSentError(f"it is not {coding}") from error
    if not unpacking.eof and max(len(body), len(answer.body)) < ANSWER_LIMIT:
        raise MaybeSentError(f"its {coding} does not end")
    return body


def _decoded(body: bytes, charset: str) -> str:
    try:
        text = body.decode(charset, "replace")
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _not_sent(cause: BaseException) -> TroubleError:
    if isinstance(cause, AddressRefusedError):
        return TroubleError(Outcome.ERROR, f"The call is not allowed: {cause}")
    if isinstance(cause, UnicodeError):
        return TroubleError(Outcome.ERROR, "The URL cannot be called: not a usable host")
    if isinstance(cause, socket.gaierror):
        return TroubleError(Outcome.RETRY, f"The host name does not resolve ({words(cause)})")
    if isinstance(cause, ssl.SSLError):
        return TroubleError(Outcome.RETRY, f"No secure connection ({words(cause)})")
    if isinstance(cause, TimeoutError):
        return TroubleError(Outcome.RETRY, "No connection in time")
    return TroubleError(Outcome.RETRY, f"No connection ({words(cause)})")
