"""What an arrival says of where it comes from: pure, and never at a loss over an address, however it is written."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from leadyard.tracking.model import Arrival, Claim, TouchSource

LONGEST_ADDRESS, LONGEST_AGENT, LONGEST_TEXT = 2048, 1024, 255
"""Longer addresses and agents are cut, not refused: a visit must not be lost (docs/leaddyno.md)."""

_MARK = re.compile(r"(?:^|[&;?/!#])_(?P<kind>[al])_(?P<code>[^&;?/#]+)")
_SEARCH_PARAMETERS = ("q", "query", "p")


def cut(text: str | None, longest: int) -> str | None:
    """Cut a text to a length and to what the database can hold; None for a blank one."""
    if text is None or not text.strip():
        return None
    kept = text[:longest]
    if kept.isascii() and "\x00" not in kept:
        return kept
    return kept.replace("\x00", "").encode("utf-8", "replace").decode() or None


def cut_arrival(arrival: Arrival) -> Arrival:
    """Bring everything that is said of a visit to its limits."""
    return msgspec.structs.replace(
        arrival,
        url=cut(arrival.url, LONGEST_ADDRESS),
        referrer=cut(arrival.referrer, LONGEST_ADDRESS),
        code=_code(arrival.code),
        page_affiliate=_code(arrival.page_affiliate),
        channel=cut(arrival.channel, LONGEST_TEXT),
        remote_ip=_ip_address(arrival.remote_ip),
        agent=cut(arrival.agent, LONGEST_AGENT),
    )


def claim_of(arrival: Arrival) -> Claim:
    """Read who and what an arrival claims, in the order in which it counts (docs/tracking.md)."""
    query, fragment = _parts(arrival.url)
    marks = list(_marks(fragment))
    codes: list[tuple[TouchSource, str]] = []
    if arrival.code is not None:
        codes.append((TouchSource.CODE, arrival.code))
    codes += [(TouchSource.LINK, code) for code in _all(query, "afmc")]
    codes += [(TouchSource.FRAGMENT, code) for kind, code in marks if kind == "a"]
    campaigns = [code for kind, code in marks if kind == "l"] + _all(query, "utm_campaign")
    referred_by, _ = _parts(arrival.referrer)
    return Claim(
        affiliate_codes=tuple(codes),
        page_affiliate=arrival.page_affiliate,
        referrer_host=host_of(arrival.referrer),
        campaign_codes=tuple(campaigns),
        subid=_first(query, ("subid", "sub_id")),
        search_term=_first(query, ("utm_term",)) or _first(referred_by, _SEARCH_PARAMETERS),
    )


def host_of(address: str | None) -> str | None:
    """Read the host of an address, in lower case; None when it has none that could be a name."""
    if address is None:
        return None
    try:
        host = urlsplit(address.strip()).hostname
    except ValueError:
        return None
    return None if host is None else host.rstrip(".") or None


def domains_of(host: str) -> list[str]:
    """List a host and the domains above it, nearest first, as an affiliate may have registered any of them."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]


def _parts(address: str | None) -> tuple[list[tuple[str, str]], str]:
    """Split an address into the parameters of its query and its fragment; what cannot be read is empty."""
    if address is None:
        return [], ""
    try:
        split = urlsplit(address)
    except ValueError:
        # Only the host of such an address is broken: its query still says what it says.
        rest, _, fragment = address.partition("#")
        return parse_qsl(rest.partition("?")[2], errors="replace"), fragment
    return parse_qsl(split.query, errors="replace"), split.fragment


def _marks(fragment: str) -> Iterator[tuple[str, str]]:
    for match in _MARK.finditer(fragment):
        code = _code(unquote(match["code"], errors="replace"))
        if code is not None:
            yield match["kind"], code


def _all(query: list[tuple[str, str]], name: str) -> list[str]:
    found = [_code(value) for key, value in query if key == name]
    return [code for code in found if code is not None]


def _first(query: list[tuple[str, str]], names: tuple[str, ...]) -> str | None:
    for name in names:
        for key, value in query:
            text = cut(value, LONGEST_TEXT) if key == name else None
            if text is not None:
                return text
    return None


def _ip_address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _code(text: str | None) -> str | None:
    kept = cut(text, LONGEST_TEXT)
    return None if kept is None else kept.strip() or None
