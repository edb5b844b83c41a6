"""Networks of data centres: those that are built in, the operator's file, and the account's own."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

from leadyard.kit.list_files import ListFile
from leadyard.tracking.fraud.model import DATA_CENTRES

Network = IPv4Network | IPv6Network


class Networks:
    """Any number of networks, asked in a time that grows with their sizes' variety, not with their number."""

    def __init__(self, networks: Iterable[Network]) -> None:
        """Sort the networks by version and size."""
        self._starts: dict[tuple[int, int], set[int]] = {}
        for network in networks:
            bits = network.max_prefixlen - network.prefixlen
            starts = self._starts.setdefault((network.version, bits), set())
            starts.add(int(network.network_address) >> bits)

    def hold(self, address: str) -> bool:
        """Tell whether an address is in one of them."""
        parsed = ip_interface(address).ip
        number = int(parsed)
        return any(
            version == parsed.version and number >> bits in starts
            for (version, bits), starts in self._starts.items()
        )


def read_network(text: str) -> Network | None:
    """Read an address or a network; None for what is neither."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=32)
def networks_of(texts: tuple[str, ...]) -> Networks:
    """Read networks, which have been checked."""
    return Networks(ip_network(text, strict=False) for text in texts)


OPERATORS: ListFile[Network, Networks] = ListFile("data centres", read_network, Networks)
"""The operator's file, `LEADYARD_DATA_CENTRE_NETWORKS`."""


def is_data_centre(address: str, own: tuple[str, ...]) -> bool:
    """Tell whether an address is built in, in the operator's file, or in an account's own networks."""
    return any(
        known.hold(address) for known in (networks_of(DATA_CENTRES), OPERATORS.now(), networks_of(own))
    )
