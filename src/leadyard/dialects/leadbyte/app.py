"""LeadByte's API as a bare ASGI application: it reads, authorises, hands on and answers."""

from collections.abc import Sequence
from typing import Any

from leadyard.dialects.leadbyte.background import Background
from leadyard.dialects.leadbyte.call import Answer, Call, Services
from leadyard.dialects.leadbyte.classic import failed
from leadyard.dialects.leadbyte.reading import BODY_LIMIT, find_key, read_query, read_request, wants_debug
from leadyard.dialects.leadbyte.refusals import NoRouteError, log_failure, refuse
from leadyard.dialects.leadbyte.routes import Kind, Route, find_route, owns
from leadyard.dialects.leadbyte.values import UnreadableError
from leadyard.dialects.leadbyte.writing import encode
from leadyard.identity.key_uses import KeyUses
from leadyard.identity.model import InvalidKeyError, Permission, Principal
from leadyard.kit import clock
from leadyard.kit.asgi import (
    ClientGoneError,
    Network,
    Receive,
    Scope,
    Send,
    client_address,
    read_body,
    send_empty,
    send_json,
    send_text,
)
from leadyard.kit.errors import DeniedError, UnavailableError

_OPEN = ((b"access-control-allow-origin", b"*"),)
_PREFLIGHT = (
    *_OPEN,
    (b"access-control-allow-methods", b"GET, POST, PUT, OPTIONS"),
    (b"access-control-allow-headers", b"Content-Type, X_KEY, X-KEY, apikey"),
    (b"access-control-max-age", b"86400"),
)
_NO_CONTENT = 204
_LONGEST_KEY = 128


class LeadByteDialect:
    """Answers every path of LeadByte's API."""

    def __init__(self, services: Services, trusted_proxies: Sequence[Network] = ()) -> None:
        """Take the services and the proxies whose word about the caller's address counts."""
        self._services = services
        self._trusted_proxies = trusted_proxies
        self._background = Background()
        self._uses = KeyUses()

    @staticmethod
    def owns(path: str) -> bool:
        """Tell whether a path is one for this dialect to answer, be it with 404."""
        return owns(path)

    async def flush(self) -> None:
        """Write when keys were last used; to be called every few seconds."""
        await self._uses.flush(self._services.database)

    async def close(self) -> None:
        """Finish what requests have left behind: callbacks under way, uses of keys."""
        await self._background.close()
        try:
            await self.flush()
        except UnavailableError as problem:
            log_failure(problem)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["method"] == "OPTIONS":
            await send_empty(send, _NO_CONTENT, _PREFLIGHT)
            return
        route: Route | None = None
        call: Call | None = None
        try:
            route, version, path_id = find_route(scope["method"], scope["path"])
            body = await read_body(receive, BODY_LIMIT, scope["headers"])
            call = self._read(scope, body, version, path_id)
            if route.kind is not Kind.CLASSIC:
                await self._authorise(call, scope, route)
            answer = await route.handler(call)
        except ClientGoneError:
            return
        except Exception as problem:  # noqa: BLE001 - whatever happens, the caller is answered in this dialect
            answer = _refusal(problem, route, call, scope["query_string"])
        if answer.is_text:
            await send_text(send, answer.status, answer.body.decode(), _OPEN)
        else:
            await send_json(send, answer.status, answer.body, _OPEN)

    def _read(self, scope: Scope, body: bytes, version: str, path_id: str) -> Call:
        content_type = host = ""
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value.decode("latin-1")
            elif name == b"host":
                host = value.decode("latin-1")
        reading = read_request(content_type, body, scope["query_string"])
        return Call(
            self._services,
            self._background,
            version,
            path_id,
            reading.members,
            reading.query,
            wants_debug(reading.query),
            client_address(scope, self._trusted_proxies),
            host,
            clock.now(),
        )

    async def _authorise(self, call: Call, scope: Scope, route: Route) -> None:
        """Find the key's holder and check address and permission; raises InvalidKeyError or DeniedError.

        Intake trusts memory, for its commit checks the set-up's version; a refusal from memory is never final.
        """
        key = find_key(scope["headers"], call.query, call.members)
        if not key or len(key) > _LONGEST_KEY:
            raise InvalidKeyError("Invalid API key")
        call.key = key
        configuration = self._services.configuration
        if route.kind is Kind.INTAKE:
            call.holder = await configuration.principal(key)
            if call.holder is not None and _denied(call.holder, call.address, route.permission) is None:
                self._uses.note(call.holder, call.received_at)
                return
        call.holder = await configuration.current_principal(key)
        if call.holder is None:
            raise InvalidKeyError("Invalid API key")
        denied = _denied(call.holder, call.address, route.permission)
        if denied is not None:
            raise DeniedError(denied)
        self._uses.note(call.holder, call.received_at)


def _denied(holder: Principal, address: str, permission: Permission | None) -> str | None:
    if not holder.may_come_from(address):
        return "IP address"
    if permission is not None and not holder.may(permission):
        return permission
    return None


def _refusal(problem: Exception, route: Route | None, call: Call | None, query: bytes) -> Answer:
    """Answer for a problem; where the request could not be read, its query may still say what form is wanted."""
    kind = Kind.ORDINARY if route is None else route.kind
    status, payload = refuse(problem, is_intake=kind is not Kind.ORDINARY)
    debug = call is not None and call.debug
    if kind is not Kind.CLASSIC or isinstance(problem, NoRouteError):
        return Answer(encode(payload, debug=debug), status)
    members = _readable(query) if call is None else call.members
    return failed(payload["code"], payload["errors"], members, debug=debug)


def _readable(query: bytes) -> dict[str, Any]:
    try:
        return read_query(query)
    except UnreadableError:
        return {}
