"""The listening socket of web processes: one for each process of `serve`, or one for `web` on its own."""

import errno
import socket
import time

from leadyard.kit.errors import LeadyardError

BACKLOG = 2048
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.1


class ListenError(LeadyardError):
    """The address or the port to listen on cannot be had; the message says why and what to do."""


def listen(host: str, port: int, *, patience_seconds: float = PATIENCE_SECONDS) -> socket.socket:
    """Return a listening socket; port 0 picks a free one.

    Waits a moment for a port in use, because the web processes of a killed supervisor may just be finishing.
    Raises ListenError.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return _listen_once(host, port)
        except socket.gaierror as error:
            raise ListenError(f"The host {host} is not known here: {error.strerror}.") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ListenError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
            if time.monotonic() >= deadline:
                raise ListenError(
                    f"Port {port} on {host} is in use by another program: stop that, or choose another with --port."
                ) from error
        time.sleep(LOOK_SECONDS)


def listen_for_each(
    host: str, port: int, count: int, *, patience_seconds: float = PATIENCE_SECONDS
) -> list[socket.socket]:
    """Return a listening socket on one port for each of `count` processes; port 0 picks a free one.

    The kernel spreads connections over such sockets, where processes that share a single one leave most to
    whoever wakes first. A first socket of the exclusive kind makes sure that nobody else has the port: two
    installations would otherwise share it without noticing. Raises ListenError.
    """
    with listen(host, port, patience_seconds=patience_seconds) as exclusive:
        port = exclusive.getsockname()[1]
    return [_listen_once(host, port, shared=True) for _ in range(count)]


def _listen_once(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
