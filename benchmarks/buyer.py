"""A buyer for the benchmarks: accepts every lead over HTTP and counts them, as cheaply as the generator posts them."""

import asyncio
import socket
import sys
from typing import cast

import uvloop

_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"
_ACCEPTED = _HEAD.format(21, '{"status":"accepted"}').encode()
_LENGTH = b"content-length:"


class _Buyer(asyncio.Protocol):
    """One connection: every whole request is a lead, but for the question how many there were."""

    taken = 0

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            _, found, rest = self._buffer[:head].lower().partition(_LENGTH)
            end = head + 4 + (int(rest.split(b"\r\n")[0]) if found else 0)
            if len(self._buffer) < end:
                return
            if self._buffer.startswith(b"GET /taken"):
                count = str(_Buyer.taken)
                self._transport.write(_HEAD.format(len(count), count).encode())
            else:
                _Buyer.taken += 1
                self._transport.write(_ACCEPTED)
            self._buffer = self._buffer[end:]


async def _serve(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(_Buyer, sock=listener)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(socket.socket(fileno=int(sys.argv[1]))))
