"""LeadDyno's API as a bare ASGI application: it reads, authorises, hands on and answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from leadyard.affiliates.model import Program
from leadyard.affiliates.program import service as programs
from leadyard.dialects.leaddyno.call import Call, Services
from leadyard.dialects.leaddyno.reading import (
    BODY_LIMIT,
    Reading,
    UnreadableError,
    find_key,
    merged,
    read_body,
    read_query,
)
from leadyard.dialects.leaddyno.refusals import is_refused, log_failure, refuse
from leadyard.dialects.leaddyno.routes import Route, find_route, owns
from leadyard.identity import rate_limits
from leadyard.identity.key_uses import KeyUses
from leadyard.identity.model import InvalidKeyError, KeyKind, Principal
from leadyard.identity.rate_limits import RateLimit
from leadyard.kit import asgi, clock
from leadyard.kit.asgi import (
    ClientGoneError,
    Network,
    Receive,
    Scope,
    Send,
    bodiless,
    client_address,
    send_json,
)
from leadyard.kit.errors import UnavailableError
from leadyard.kit.ids import looks_like_leaddyno_key

_MINUTE = timedelta(minutes=1)
_NO_STORE = ((b"cache-control", b"no-store"),)


class _Taken(msgspec.Struct):
    """What a request has taken of the rate limit so far."""

    account_id: int = 0
    limit: RateLimit | None = None


class LeadDynoDialect:
    """Answers every path of LeadDyno's API."""

    def __init__(self, services: Services, trusted_proxies: Sequence[Network] = ()) -> None:
        """Take the services and the proxies whose word about the caller's address counts."""
        self._services = services
        self._trusted_proxies = trusted_proxies
        self._uses = KeyUses()

    @staticmethod
    def owns(path: str) -> bool:
        """Tell whether a path is one for this dialect to answer, be it with 404."""
        return owns(path)

    async def flush(self) -> None:
        """Write when keys were last used; to be called every few seconds."""
        await self._uses.flush(self._services.database)

    async def close(self) -> None:
        """Write what requests have left behind."""
        try:
            await self.flush()
        except UnavailableError as problem:
            log_failure(problem)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        at, taken = clock.now(), _Taken()
        send = bodiless(send) if scope["method"] == "HEAD" else send
        try:
            route, path_id = find_route(scope["method"], scope["path"])
            body = await asgi.read_body(receive, BODY_LIMIT, scope["headers"])
            call = await self._call(scope, body, route, path_id, at, taken)
            if route.sees_events:
                await self._services.work_in(call.account_id)
            answer = await route.handler(call)
        except ClientGoneError:
            return
        except Exception as problem:  # noqa: BLE001 - whatever happens, the caller is answered in this dialect
            refusal = refuse(problem)
            if taken.limit is not None and is_refused(refusal.status):
                await self._put_back(taken, taken.limit, at)
            await send_json(send, refusal.status, refusal.body, (*_NO_STORE, *refusal.headers))
        else:
            await send_json(send, answer.status, answer.body, _NO_STORE)

    async def _call(
        self, scope: Scope, body: bytes, route: Route, path_id: str, at: datetime, taken: _Taken
    ) -> Call:
        """Check the key, take the request from the limit, and read the parameters, in this order."""
        query = read_query(scope["query_string"])
        reading = read_body(_content_type(scope), body)
        key = find_key(scope["headers"], query, reading.members)
        if not key:
            # The key may be inside the very body that cannot be read.
            _require_readable(reading)
        principal = await self._principal(scope, key)
        program = await self._admit(principal, at, taken)
        self._uses.note(principal, at)
        _require_readable(reading)
        _require_object(reading, query, route)
        members = merged(query, reading.members, blank_wins=scope["method"] == "PUT")
        return Call(self._services, principal, program, members, reading.rows, path_id, at)

    async def _principal(self, scope: Scope, key: str) -> Principal:
        """Find whose private key it is; raises InvalidKeyError."""
        if looks_like_leaddyno_key(key):
            holder = await self._services.configuration.current_principal(key)
            if (
                holder is not None
                and holder.key.kind is KeyKind.LEADDYNO_PRIVATE
                and holder.may_come_from(client_address(scope, self._trusted_proxies))
            ):
                return holder
        raise InvalidKeyError("Invalid API key")

    async def _admit(self, principal: Principal, at: datetime, taken: _Taken) -> Program:
        """Count the request; raises TooManyRequestsError."""
        async with self._services.database.connection() as connection:
            program = await programs.read(connection, principal.account_id)
            most = program.requests_per_minute
            most = self._services.requests_per_minute if most is None else most
            if most:
                limit = RateLimit("leaddyno", most, _MINUTE)
                await rate_limits.take(connection, principal.account_id, limit, at)
                taken.account_id, taken.limit = principal.account_id, limit
        return program

    async def _put_back(self, taken: _Taken, limit: RateLimit, at: datetime) -> None:
        try:
            async with self._services.database.connection() as connection:
                await rate_limits.put_back(connection, taken.account_id, limit, at)
        except UnavailableError as problem:
            log_failure(problem)


def _content_type(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"content-type":
            text: str = value.decode("latin-1")
            return text
    return ""


def _require_readable(reading: Reading) -> None:
    if reading.problem is not None:
        raise UnreadableError(reading.problem)


def _require_object(reading: Reading, query: Mapping[str, Any], route: Route) -> None:
    """Refuse JSON that is no object; one that says nothing will do where nothing need be said, or the query says it."""
    if route.takes_rows and reading.rows is not None:
        return
    needs_object = route.needs_members and not query.keys() - {"key"}
    if reading.rows or (reading.is_nothing and needs_object):
        raise UnreadableError("The JSON is not an object")
