"""Connections to the outside: one look-up, every address checked, then a checked address is called."""

import asyncio
import contextlib
import socket
import ssl
from functools import lru_cache
from typing import cast

from aiohappyeyeballs import start_connection

from leadyard.delivery.guard import AddressGuard, AddressInfo

_NEXT_AFTER_SECONDS = 0.25
"""As RFC 8305 recommends."""


class BadCertificateError(ValueError):
    """A certificate of the set-up that cannot be read."""


async def look_up(guard: AddressGuard, host: str, port: int) -> list[AddressInfo]:
    """Find the addresses of a host, all of them checked.

    Raises AddressRefusedError as soon as one leads inside, OSError (socket.gaierror) when the name does not resolve,
    UnicodeError when it is no name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for _, _, _, _, where in found:
        guard.check(str(where[0]))
    if not found:
        raise OSError(f"{host} has no address")
    return cast(list[AddressInfo], found)


async def connect_to(guard: AddressGuard, addresses: list[AddressInfo]) -> socket.socket:
    """Connect to the first of some addresses that answers; the caller bounds the time.

    One that does not answer at once holds the next up for a moment only. Raises OSError when none does.
    """
    opened = await start_connection(
        addresses, happy_eyeballs_delay=_NEXT_AFTER_SECONDS, socket_factory=guard.open_socket
    )
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


async def connect(guard: AddressGuard, host: str, port: int) -> socket.socket:
    """Connect to a host; raises what `look_up` and `connect_to` raise.

    The name is looked up once, and what was checked is what is called, so an answer that changes meanwhile changes nothing.
    """
    return await connect_to(guard, await look_up(guard, host, port))


@lru_cache(maxsize=256)
def tls_context(certificates: str) -> ssl.SSLContext:
    """Make a verifying context that trusts the given PEM certificates, or the system's authorities for none.

    Raises BadCertificateError for certificates that cannot be read.
    """
    try:
        return ssl.create_default_context(cadata=certificates or None)
    except (ssl.SSLError, ValueError) as error:
        raise BadCertificateError("is not a PEM certificate") from error


def in_words(error: BaseException) -> str:
    """Say what an error was, in at most 300 characters that a database can hold."""
    text = str(error) or type(error).__name__
    return text[:300].replace("\x00", "\ufffd").encode(errors="replace").decode()
