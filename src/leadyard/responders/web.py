"""The pages behind the links of messages, under `/r/`: anybody may call them, only signed ones do anything."""

from leadyard.kit.asgi import (
    BodyTooLargeError,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    read_body,
    send_bytes,
    send_empty,
    send_text,
)
from leadyard.kit.errors import UnavailableError
from leadyard.responders import following
from leadyard.responders.links import CLICK, OPEN, PREFIX, UNSUBSCRIBE, Links
from leadyard.storage.database import Database

_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_BODY_LIMIT = 4096
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">'
    '<meta name="viewport" content="width=device-width"><title>Unsubscribe</title>'
    "<body><main>{content}</main></body></html>"
)
_ASK = '<p>No more of these messages?</p><form method="post"><button>Unsubscribe</button></form>'
_DONE = "<p>You will get no more of these messages.</p>"
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; form-action 'self'"),
    (b"referrer-policy", b"no-referrer"),
)


class ResponderPages:
    """Answers opens, clicks and unsubscriptions."""

    def __init__(self, database: Database, links: Links) -> None:
        """Read links with the installation's key."""
        self._database = database
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._answer(scope, receive, send)
        except ClientGoneError:
            return
        except BodyTooLargeError:
            await send_text(send, 413, "The body is too large", _HEADERS)
        except UnavailableError:
            await send_text(send, 503, "Please try again later", _HEADERS)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        purpose, _, token = scope["path"].removeprefix(PREFIX).partition("/")
        method = scope["method"]
        numbers = self._links.read(purpose, token, 3 if purpose == CLICK else 2)
        allowed = {"GET", "HEAD", "POST"} if purpose == UNSUBSCRIBE else {"GET", "HEAD"}
        if numbers is None:
            await send_text(send, 404, "Not found", _HEADERS)
        elif method not in allowed:
            await send_text(send, 405, "Method not allowed", _HEADERS)
        elif purpose == OPEN:
            await following.note_open(self._database, numbers[0], numbers[1])
            await send_bytes(send, 200, _PIXEL, b"image/gif", _HEADERS)
        elif purpose == CLICK:
            await self._redirect(send, *numbers)
        else:
            await self._unsubscribe(method, receive, send, numbers[0], numbers[1])

    async def _redirect(self, send: Send, account_id: int, message_id: int, place: int) -> None:
        address = await following.follow_link(self._database, account_id, message_id, place)
        if address is None:
            await send_text(send, 404, "Not found", _HEADERS)
            return
        await send_empty(send, 302, [*_HEADERS, (b"location", _ascii(address)), (b"content-length", b"0")])

    async def _unsubscribe(
        self, method: str, receive: Receive, send: Send, account_id: int, message_id: int
    ) -> None:
        """Ask first: programs that look at every link of an e-mail must not unsubscribe anybody (RFC 8058)."""
        content = _ASK
        if method == "POST":
            await read_body(receive, _BODY_LIMIT, ())
            if not await following.unsubscribe(self._database, account_id, message_id):
                await send_text(send, 404, "Not found", _HEADERS)
                return
            content = _DONE
        page = _PAGE.format(content=content).encode()
        await send_bytes(send, 200, page, b"text/html; charset=utf-8", _HEADERS)


def _ascii(address: str) -> bytes:
    """Write an address for a header; letters beyond ASCII are percent-encoded."""
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in address).encode()
