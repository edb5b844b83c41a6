"""How the text of one environment variable becomes a value.

Every parser raises ValueError with the end of a sentence that begins with the variable's name, and never
repeats a value that may hold a secret.
"""

import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

LOG_LEVELS = ("debug", "info", "warning", "error")
SHORTEST_SECRET_KEY = 32
LARGEST_PORT = 65535
_DNS_PORT = 53
MOST_REQUESTS_PER_MINUTE = 10_000
"""The times of so many requests are kept for each account; a higher limit is none."""
MOST_PROCESSES = 256
MOST_DAYS = 36_500
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})

Network = IPv4Network | IPv6Network


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}, not {text!r}")
        return int(text)

    return parse


def port(text: str) -> int:
    """Return a TCP port; 0 lets the system pick one."""
    return whole_number(0, LARGEST_PORT)(text)


def process_count(text: str) -> int:
    """Return how many processes to start."""
    return whole_number(1, MOST_PROCESSES)(text)


def days(text: str) -> int:
    """Return for how many days something is kept; 0 is for ever."""
    return whole_number(0, MOST_DAYS)(text)


def requests_per_minute(text: str) -> int:
    """Return how many requests an account may make in a minute; 0 is no limit, and so is more than 10,000."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"must be a whole number from 0 on, not {text!r}")
    digits = text.lstrip("0") or "0"
    is_kept = len(digits) <= len(str(MOST_REQUESTS_PER_MINUTE)) and int(digits) <= MOST_REQUESTS_PER_MINUTE
    return int(digits) if is_kept else 0


def default_web_processes() -> int:
    """Return one web process for every two cores that this process may use, from one to four.

    The other half is PostgreSQL's and the workers': a second web process on two cores takes a sixth more leads while
    nothing is sold, and none more as soon as they are.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores // 2))


def database_url(text: str) -> str:
    """Return the URL of a PostgreSQL database."""
    if urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must be a URL that starts with postgresql://")
    return text


def data_dir(text: str) -> Path:
    """Return the folder for Leadyard's files as an absolute path."""
    if "\0" in text:
        raise ValueError("must be a folder's path without null bytes")
    return Path(text).expanduser().absolute()


def list_file(text: str) -> Path:
    """Return a file of lines as an absolute path; it must be there and readable."""
    path = data_dir(text)
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise ValueError(f"must name a file that can be read, not {text!r}")
    return path


def host(text: str) -> str:
    """Return a host name or address to listen on, without a port and without brackets."""
    if any(character.isspace() or character in "/@[]" for character in text):
        raise ValueError(f"must be a host name or an IP address, not {text!r}")
    return text


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list such as `10.0.0.0/8, 192.168.1.7`."""
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def secret_key(text: str) -> str:
    """Return the key that signs sessions and protects stored secrets; several, the newest first, with commas."""
    keys = [key.strip() for key in text.split(",")]
    if any(len(key) < SHORTEST_SECRET_KEY for key in keys):
        each = " in each of its keys, which commas part" if len(keys) > 1 else ""
        raise ValueError(f"must have at least {SHORTEST_SECRET_KEY} characters{each}")
    return ",".join(keys)


def log_level(text: str) -> str:
    """Return the name of a log level in lower case."""
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}, not {text!r}")
    return text.lower()


def yes_or_no(text: str) -> bool:
    """Return whether a switch is on."""
    if text.lower() not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(f"must be true or false, not {text!r}")
    return text.lower() in TRUE_WORDS


def base_url(text: str) -> str:
    """Return a URL of scheme and host, perhaps with a path, without a closing slash."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"must be a URL such as https://leads.example.com, not {text!r}")
    return text.rstrip("/")


def name_servers(text: str) -> tuple[tuple[str, int], ...]:
    """Return name servers, as address and port, of a list such as `10.0.0.2, 10.0.0.3:5353, [fd00::2]:53`."""
    return tuple(_name_server(part.strip()) for part in text.split(",") if part.strip())


def socket_name(address: str, port_number: int) -> str:
    """Write an address and a port as `name_servers` reads them."""
    return f"[{address}]:{port_number}" if ":" in address else f"{address}:{port_number}"


def _name_server(text: str) -> tuple[str, int]:
    bare = text.count(":") > 1 and not text.startswith("[")
    address, _, number = (text, "", "") if bare else text.rpartition(":") if ":" in text else (text, "", "")
    if text.startswith("[") and text.endswith("]"):
        address, number = text, ""
    try:
        return str(ip_address(address.strip("[]"))), port(number or str(_DNS_PORT))
    except ValueError as error:
        raise ValueError(
            f"must list addresses such as 10.0.0.2 or 10.0.0.2:53, and {text!r} is none"
        ) from error


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"must list networks such as 10.0.0.0/8, and {text!r} is none") from error
