"""Wires over real sockets, whose other end a test holds."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from leadyard.delivery.transports.http.wire import Answered, MaybeSentError, Wire

PATIENCE = 0.05
REQUEST = b"GET / HTTP/1.1\r\nHost: buyer.example\r\n\r\n"


class Line(NamedTuple):
    """A wire and the buyer's end of it."""

    wire: Wire
    buyer: socket.socket

    async def say(self, piece: bytes) -> None:
        """Send a piece, and let it be read before anything else is."""
        if piece:
            try:
                await asyncio.get_running_loop().sock_sendall(self.buyer, piece)
            except OSError:
                return
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def asked(self) -> None:
        """Wait until a request has come."""
        await asyncio.get_running_loop().sock_recv(self.buyer, 65_536)

    async def exchange(
        self, pieces: Sequence[bytes], *, ends: bool = False, seconds: float = PATIENCE
    ) -> Answered | str:
        """Exchange a request for an answer in pieces, then silence or the end; gives the answer or the error's name."""
        loop = asyncio.get_running_loop()
        asking = asyncio.ensure_future(self.wire.exchange(REQUEST, loop.time() + seconds))
        await asyncio.sleep(0)
        if not asking.done():
            await self.asked()
        for piece in pieces:
            await self.say(piece)
        if ends:
            self.buyer.close()
        try:
            return await asking
        except (MaybeSentError, TimeoutError) as error:
            return type(error).__name__


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    """Connect a wire; both ends are closed when the test ends."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, wire = await loop.create_connection(lambda: Wire(loop), sock=ours)
    try:
        yield Line(wire, theirs)
    finally:
        wire.close()
        theirs.close()
        await asyncio.sleep(0)


def cut(whole: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes at some places."""
    edges = [0, *sorted({place % (len(whole) + 1) for place in places}), len(whole)]
    return [whole[start:end] for start, end in itertools.pairwise(edges)]
