"""Connections to buyers: opened under the guard, kept for a moment, and never more than so many at once."""

import asyncio
import contextlib
import ssl
from collections import deque
from typing import NamedTuple

from leadyard.delivery.connecting import connect_to, look_up
from leadyard.delivery.guard import AddressGuard, AddressInfo
from leadyard.delivery.transports.http.wire import Answered, Wire

_IDLE_SECONDS = 4.0
"""An idle connection that the buyer closes just as a lead goes out leaves the lead's fate unknown. Most servers keep
connections for 5 seconds or more, so ours are given up before that."""

_NAMES_SECONDS = 30.0
_CONNECT_SHARE = 0.8
"""A lead handed over in the last moment of its budget would end unknown, so the last fifth is kept for the answer."""


class Origin(NamedTuple):
    """Where a connection leads, and by which rules it is secured (None: not at all)."""

    host: str
    port: int
    tls: ssl.SSLContext | None


class NotSentError(Exception):
    """No connection came about, so that nothing was sent; the cause says why."""


class _Host:
    """The connections to one origin: places for exchanges, and wires that wait for the next."""

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.users = 0
        self.idle: deque[Wire] = deque()


class Pool:
    """One event loop's connections."""

    def __init__(self, guard: AddressGuard, *, most: int, most_per_host: int) -> None:
        """Take how many exchanges there may be at once, in all (0: any number) and with each host."""
        self._guard = guard
        self._loop = asyncio.get_running_loop()
        self._places = asyncio.Semaphore(most) if most else contextlib.nullcontext()
        self._most_per_host = most_per_host
        self._hosts: dict[Origin, _Host] = {}
        self._names: dict[tuple[str, int], tuple[float, asyncio.Task[list[AddressInfo]]]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def exchange(self, origin: Origin, request: bytes, seconds: float) -> Answered:
        """Send a request and read its answer within so many seconds.

        The clock starts when there is room for the exchange: whoever waits for it has not begun to send. Raises
        NotSentError, and MaybeSentError or TimeoutError when the request may have left.
        """
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = _Host(self._most_per_host)
            self._sweep_later()
        host.users += 1
        try:
            # The host's place first: those who wait for a slow host must not hold what others could use.
            async with host.places, self._places:
                until = self._loop.time() + seconds
                wire = self._kept(host) or await self._open(origin, seconds * _CONNECT_SHARE)
                answer = await wire.exchange(request, until)
                if wire.is_free:
                    self._keep(host, wire)
                return answer
        finally:
            host.users -= 1

    def close(self) -> None:
        """Give up all connections that wait, keep no other, and look nothing up any more."""
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for host in self._hosts.values():
            for wire in host.idle:
                wire.close()
        for _, task in self._names.values():
            task.cancel()
        self._hosts.clear()
        self._names.clear()

    def _kept(self, host: _Host) -> Wire | None:
        """Take the wire that has waited least, if it is young enough and its buyer has not closed it."""
        oldest = self._loop.time() - _IDLE_SECONDS
        while host.idle:
            wire = host.idle.pop()
            if wire.is_free and wire.idle_since > oldest:
                return wire
            wire.close()
        return None

    def _keep(self, host: _Host, wire: Wire) -> None:
        if self._is_closed:
            wire.close()
            return
        wire.idle_since = self._loop.time()
        host.idle.append(wire)

    def _sweep_later(self) -> None:
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(_IDLE_SECONDS / 2, self._sweep)

    def _sweep(self) -> None:
        """Give up wires that have waited too long, and forget hosts and names that nobody has asked for since."""
        now = self._loop.time()
        for origin, host in list(self._hosts.items()):
            while host.idle and host.idle[0].idle_since <= now - _IDLE_SECONDS:
                host.idle.popleft().close()
            if not host.users and not host.idle:
                del self._hosts[origin]
        self._names = {name: known for name, known in self._names.items() if known[0] > now}
        self._sweeping = None
        if self._hosts or self._names:
            self._sweep_later()

    async def _open(self, origin: Origin, seconds: float) -> Wire:
        try:
            async with asyncio.timeout(seconds):
                found = await self._addresses(origin.host, origin.port)
                opened = await connect_to(self._guard, found)
                _, wire = await self._loop.create_connection(
                    lambda: Wire(self._loop),
                    sock=opened,
                    ssl=origin.tls,
                    server_hostname=None if origin.tls is None else origin.host,
                )
                if not wire.is_free:
                    raise ConnectionResetError("The connection was closed at once")
        except (OSError, UnicodeError) as error:
            raise NotSentError from error
        return wire

    async def _addresses(self, host: str, port: int) -> list[AddressInfo]:
        """Look a name up, once for all who ask for it within half a minute; a failure is not remembered."""
        known = self._names.get((host, port))
        if known is not None and known[0] > self._loop.time():
            task = known[1]
        else:
            task = asyncio.create_task(look_up(self._guard, host, port))
            task.add_done_callback(lambda done: self._looked_up((host, port), done))
            self._names[host, port] = (self._loop.time() + _NAMES_SECONDS, task)
        return await asyncio.shield(task)

    def _looked_up(self, name: tuple[str, int], task: asyncio.Task[list[AddressInfo]]) -> None:
        """Forget a look-up that failed, even if nobody waits for it any more."""
        if (task.cancelled() or task.exception()) and self._names.get(name, (0.0, None))[1] is task:
            del self._names[name]
