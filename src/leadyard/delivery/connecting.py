"""Connections of protocols other than HTTP: one look-up, every address checked, then a checked address is called."""

import asyncio
import contextlib
import socket
import ssl
from functools import lru_cache
from typing import cast

from leadyard.delivery.guard import AddressGuard, AddressInfo


class BadCertificateError(ValueError):
    """A certificate of the set-up that cannot be read."""


async def connect(guard: AddressGuard, host: str, port: int) -> socket.socket:
    """Connect to a host, trying its addresses in order; the caller bounds the time.

    Raises AddressRefusedError as soon as any address of the host leads inside, OSError when none answers. The name
    is looked up once, and what was checked is what is called, so an answer that changes meanwhile changes nothing.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for _, _, _, _, where in found:
        guard.check(str(where[0]))
    last: OSError = OSError(f"{host} has no address")
    for info in found:
        opened = guard.open_socket(cast(AddressInfo, info))
        opened.setblocking(False)
        try:
            await loop.sock_connect(opened, info[4])
        except OSError as error:
            opened.close()
            last = error
        except BaseException:
            opened.close()
            raise
        else:
            with contextlib.suppress(OSError):
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
    raise last


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
