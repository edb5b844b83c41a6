"""Keeps outbound calls out of the inside of the network: after name resolution, and on every connect."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
AddressInfo = tuple[
    int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]
]

_REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""IANA's special-purpose registries (RFC 6890 and successors), multicast, Teredo, and what IPv6 calls site-local."""

_NAT64 = IPv6Network("64:ff9b::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")


class AddressRefusedError(OSError):
    """The delivery's host is, or resolves to, an address that outbound calls must not reach."""


def _embedded(address: Address) -> IPv4Address | None:
    """Find the IPv4 address that an IPv6 one stands for: mapped, translated, 6to4 or NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class AddressGuard:
    """Says which addresses may be called; networks named by the operator are let through."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        """Take the networks that may be reached although they are private."""
        self._allowed = tuple(allowed)

    def check(self, address: str) -> None:
        """Pass a public or allowed address; raise AddressRefusedError for any other."""
        try:
            parsed: Address = ip_address(address.partition("%")[0])
        except ValueError:
            raise AddressRefusedError(f"{address} is not an IP address") from None
        effective = _embedded(parsed) or parsed
        if any(effective in network or parsed in network for network in self._allowed):
            return
        if any(effective in network or parsed in network for network in _REFUSED):
            raise AddressRefusedError(
                f"{address} is an address inside a network; outbound calls may not go there"
            )

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Make the socket for one connect after checking where it goes; shaped as aiohttp's `socket_factory`."""
        family, kind, protocol, _, where = info
        self.check(where[0])
        return socket.socket(family, kind, protocol)


class GuardedResolver(ThreadedResolver):
    """Resolves names and refuses one as soon as any of its addresses is refused."""

    def __init__(self, guard: AddressGuard) -> None:
        """Use the guard for every address that a name resolves to."""
        super().__init__()
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up; AddressRefusedError when it leads inside, OSError when it does not resolve."""
        found = await super().resolve(host, port, family)
        for result in found:
            self._guard.check(result["host"])
        return found
