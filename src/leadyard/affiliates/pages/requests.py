"""A request to the pages, read, and an answer of theirs, sent."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from leadyard.kit.asgi import Network, Receive, Scope, Send, client_address, read_body, send_bytes
from leadyard.kit.bodies.forms import parse_urlencoded

LARGEST_FORM = 64 * 1024
HTML = b"text/html; charset=utf-8"


class Request(msgspec.Struct, frozen=True):
    """What was asked; of names that come more than once the last counts. `is_own` tells a form of these pages.

    HEAD counts as GET; `is_head` is for what must not happen when somebody only looks.
    """

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]
    caller: str
    is_own: bool
    is_secure: bool
    is_head: bool = False


class Reply(msgspec.Struct, frozen=True):
    """What goes back; header values are text of latin-1 at most."""

    status: int
    body: bytes = b""
    content_type: bytes = HTML
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, *headers: tuple[str, str]) -> "Reply":
        """Add headers."""
        return msgspec.structs.replace(self, headers=(*self.headers, *headers))


async def read_request(
    scope: Scope, receive: Receive, base_url: str, trusted_proxies: Sequence[Network]
) -> Request:
    """Read a request with its form; raises BodyTooLargeError, ClientGoneError and BodyError."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    form: dict[str, str] = {}
    if scope["method"] == "POST":
        body = await read_body(receive, LARGEST_FORM, scope["headers"])
        if headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded":
            form = dict(parse_urlencoded(body))
    return Request(
        method="GET" if scope["method"] == "HEAD" else scope["method"],
        path=scope["path"],
        query=dict(parse_urlencoded(scope.get("query_string", b""))),
        form=form,
        cookies=_cookies(headers.get("cookie", "")),
        caller=client_address(scope, trusted_proxies),
        is_own=_is_own(headers, base_url),
        is_secure=base_url.startswith("https:") or scope.get("scheme") == "https",
        is_head=scope["method"] == "HEAD",
    )


async def send_reply(send: Send, reply: Reply) -> None:
    """Send an answer."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
    await send_bytes(send, reply.status, reply.body, reply.content_type, headers)


def redirect(path: str, *cookies: str) -> Reply:
    """Send the browser to another page of these, by GET."""
    return Reply(303, headers=(("location", path), *(("set-cookie", cookie) for cookie in cookies)))


def cookie(name: str, value: str, path: str, *, seconds: int, request: Request, is_framed: bool) -> str:
    """Write a cookie that scripts cannot read; pages in frames of other sites need one that comes along there."""
    same_site = "SameSite=None; Partitioned" if is_framed and request.is_secure else "SameSite=Lax"
    secure = "; Secure" if request.is_secure else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; {same_site}{secure}"


def _is_own(headers: Mapping[str, str], base_url: str) -> bool:
    """Tell whether a browser says that a page of this host sent the form; a caller that says nothing is no browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc in {headers.get("host", ""), urlsplit(base_url).netloc}


def _cookies(header: str) -> dict[str, str]:
    pairs = (piece.strip().partition("=") for piece in header.split(";"))
    return {name: value for name, _, value in pairs if name}
