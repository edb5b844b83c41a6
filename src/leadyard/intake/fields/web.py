"""Web addresses and network addresses (docs/fields.md)."""

import ipaddress
import re

from leadyard.intake.fields.invisible import trim_invisible, without_invisible

LONGEST_URL = 2048
LONGEST_ADDRESS = 45
_HIGHEST_PORT = 65535

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ipv4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}").fullmatch

# No control character, blank or invisible mark has a place in a URL.
_VISIBLE = r"[^\x00-\x20\x7f-\xa0\s\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
_USER = _VISIBLE.replace("[^", "[^@/?#\\\\")
_url = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://(?:{_USER}*+@)?"
    rf"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.\-]+)(?::(?P<port>[0-9]{{1,5}}))?(?:[/?#]{_VISIBLE}*)?"
).fullmatch
_LABEL = r"[^\W_](?:[\w\-]{0,61}[^\W_])?"
_dotted_name = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\.?\Z){_LABEL}\.?").fullmatch


def normalise_url(value: str) -> str | None:
    """Return the address as sent where it is http or https with a dotted host, localhost or an IP address; else None."""
    if len(value) > LONGEST_URL:
        return None
    value = trim_invisible(value)
    match = _url(value)
    if match is None or int(match["port"] or 0) > _HIGHEST_PORT:
        return None
    return value if _is_host(match["host"]) else None


def normalise_ip_address(value: str) -> str | None:
    """Return the IPv4 or IPv6 address in its shortest form, IPv4 in IPv6 as IPv4; None for anything else."""
    if _ipv4(value):
        return value
    value = without_invisible(value)
    if len(value) > LONGEST_ADDRESS or "%" in value:
        return None
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return ":" in host and normalise_ip_address(host[1:-1]) is not None
    return host.lower() == "localhost" or bool(_ipv4(host) or _dotted_name(host))
