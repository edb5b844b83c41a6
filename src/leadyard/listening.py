"""The listening socket of web processes: one that all processes of `serve` share, or one for `web` on its own."""

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


def _listen_once(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
