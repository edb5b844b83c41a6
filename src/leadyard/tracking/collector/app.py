"""The beacon: takes what pages tell with one write each, and tells nobody what is known (docs/tracking.md)."""

import time
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import structlog
from prometheus_client import Counter

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import KeyKind
from leadyard.kit import clock
from leadyard.kit.asgi import (
    BodyTooLargeError,
    ClientGoneError,
    Message,
    Network,
    Receive,
    Scope,
    Send,
    client_address,
    read_body,
)
from leadyard.kit.errors import UnavailableError
from leadyard.kit.ids import looks_like_leaddyno_key, new_uuid
from leadyard.storage.database import Database
from leadyard.storage.group_commit import GroupCommit
from leadyard.tracking.bots import is_bot
from leadyard.tracking.collector import store
from leadyard.tracking.collector.model import EventKind, TakenEvent
from leadyard.tracking.collector.wire import Beacon, body_of, read_beacon, read_query

PREFIX = "/collector/"
LARGEST_BODY = 64 * 1024
EVENTS = Counter(
    "leadyard_collector_events", "What the tracker's beacon was told, by what became of it.", ["outcome"]
)

_POSTS = {f"/collector/v1/{kind.name.lower()}": kind for kind in EventKind}
_GIF_PATH = "/collector/v1/visit.gif"
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_ANYWHERE = (b"access-control-allow-origin", b"*")
_FRESH = (b"cache-control", b"no-store")
_OK = b'{"ok":true}'
_OK_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(_OK)),
        _ANYWHERE,
        _FRESH,
    ],
}
_OK_BODY: Message = {"type": "http.response.body", "body": _OK}
_ALLOWED = (b"access-control-allow-methods", b"GET, POST, OPTIONS")
_PREFLIGHT = [
    _ANYWHERE,
    _ALLOWED,
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
_FRESH_SECONDS = 1.0
_STRANGERS_KEPT = 4096
_log = structlog.get_logger(__name__)


class Collector:
    """Raw ASGI for one of the hottest routes; everything it needs to know of an account is in memory."""

    def __init__(
        self, database: Database, configuration: Configuration, trusted_proxies: Sequence[Network] = ()
    ) -> None:
        """Share the process's connections and set-ups."""
        self._database = database
        self._keys = _Keys(configuration)
        self._trusted_proxies = trusted_proxies
        self._commit: GroupCommit[TakenEvent, None] = GroupCommit(self._write, most=512)
        self._last = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever it holds, the page that sent it sees a success or nothing."""
        method, path = scope["method"], scope["path"]
        kind = _POSTS.get(path.rstrip("/"))
        try:
            if kind is not None and method == "POST":
                beacon = read_beacon(await read_body(receive, LARGEST_BODY, scope["headers"]))
                await self._take(scope, kind, beacon)
                await send(_OK_START)
                await send(_OK_BODY)
            elif path == _GIF_PATH and method in {"GET", "HEAD"}:
                page = _header(scope, b"referer")
                await self._take(scope, EventKind.VISIT, read_query(scope["query_string"], page))
                await _answer(send, 200, b"image/gif", _GIF)
            else:
                await _refuse(send, method, is_known=kind is not None or path == _GIF_PATH)
        except BodyTooLargeError:
            await _answer(send, 413, b"application/json", b'{"ok":false}')
        except ClientGoneError:
            return
        except UnavailableError as error:
            _log.warning("an event was not taken", error=str(error))
            await _answer(send, 503, b"application/json", b'{"ok":false}', (b"retry-after", b"5"))

    async def close(self) -> None:
        """Wait until everything that was taken is written."""
        await self._commit.close()

    async def _take(self, scope: Scope, kind: EventKind, beacon: Beacon | None) -> None:
        if beacon is None:
            return _counter("unreadable").inc()
        agent = _header(scope, b"user-agent")
        if kind is EventKind.VISIT and is_bot(agent):
            return _counter("bot").inc()
        account_id = await self._keys.account_of(beacon.k or "")
        if account_id is None:
            return _counter("unknown key").inc()
        body = body_of(beacon, client_address(scope, self._trusted_proxies), agent)
        await self._commit.submit(TakenEvent(account_id, self._next_id(), clock.now(), kind, body))
        return _counter("taken").inc()

    def _next_id(self) -> UUID:
        """Make an id greater than the one before: events that come at one moment keep their order."""
        self._last = max(new_uuid().int, self._last + 1)
        return UUID(int=self._last)

    async def _write(self, events: Sequence[TakenEvent]) -> list[None]:
        async with self._database.connection() as connection:
            await store.insert(connection, events)
        return [None] * len(events)


class _Keys:
    """Whose key it is: from memory, looked up again a second later, so that a revocation counts soon."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._known: dict[str, tuple[int | None, float]] = {}

    async def account_of(self, key: str) -> int | None:
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        if known is not None:
            # One request looks; those that come meanwhile go by what was known.
            self._known[key] = (known[0], time.monotonic() + _FRESH_SECONDS)
        elif len(self._known) >= _STRANGERS_KEPT:
            self._known.clear()
        principal = await self._configuration.current_principal(key) if looks_like_leaddyno_key(key) else None
        is_public = principal is not None and principal.key.kind is KeyKind.LEADDYNO_PUBLIC
        account_id = principal.account_id if principal is not None and is_public else None
        self._known[key] = (account_id, time.monotonic() + _FRESH_SECONDS)
        return account_id


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("utf-8", "replace")
            return text
    return None


async def _refuse(send: Send, method: str, *, is_known: bool) -> None:
    if is_known and method == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
        await send({"type": "http.response.body", "body": b""})
    elif is_known:
        await _answer(send, 405, b"application/json", b'{"ok":false}', (b"allow", _ALLOWED[1]))
    else:
        await _answer(send, 404, b"application/json", b'{"ok":false}')


async def _answer(send: Send, status: int, kind: bytes, body: bytes, *more: tuple[bytes, bytes]) -> None:
    length = (b"content-length", b"%d" % len(body))
    headers = [(b"content-type", kind), length, _ANYWHERE, _FRESH, *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=8)
def _counter(outcome: str) -> Counter:
    return EVENTS.labels(outcome)
