"""Signed links in messages: unsubscribe, open and click, each good for one message and nothing else."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

UNSUBSCRIBE, OPEN, CLICK = "u", "o", "c"
PREFIX = "/r/"
_LONGEST_TOKEN = 512
_MOST_LINKS = 200
_HREF = re.compile(r"""(href\s*=\s*)(["'])(https?://[^"'<>\s]+)\2""", re.IGNORECASE)
_PLAIN = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


class Links:
    """Makes links on the installation's public address and reads what comes back on them."""

    def __init__(self, secret_key: str, base_url: str) -> None:
        """Sign with the installation's secret key."""
        self._base_url = base_url.rstrip("/")
        self._serializers = {
            purpose: URLSafeSerializer(secret_key, salt=f"leadyard responder {purpose}")
            for purpose in (UNSUBSCRIBE, OPEN, CLICK)
        }

    def make(self, purpose: str, *numbers: int) -> str:
        """Make the address of a purpose: account and message, for a click also the place of its link."""
        return f"{self._base_url}{PREFIX}{purpose}/{self._serializers[purpose].dumps(list(numbers))}"

    def read(self, purpose: str, token: str, count: int) -> tuple[int, ...] | None:
        """Read `count` numbers back; None for what this installation did not sign for this purpose."""
        if purpose not in self._serializers or len(token) > _LONGEST_TOKEN:
            return None
        try:
            numbers: Any = self._serializers[purpose].loads(token)
        except BadData:
            return None
        if not isinstance(numbers, list) or len(numbers) != count:
            return None
        return tuple(numbers) if all(type(number) is int for number in numbers) else None


def redirected_html(html: str, links: list[str], click: Callable[[int], str]) -> str:
    """Point the links of a page at their redirects; `links` collects where they lead."""
    return _HREF.sub(lambda m: f"{m[1]}{m[2]}{_redirect(unescape(m[3]), m[3], links, click)}{m[2]}", html)


def redirected_text(text: str, links: list[str], click: Callable[[int], str]) -> str:
    """Point the addresses in a plain text at their redirects; `links` collects where they lead."""
    return _PLAIN.sub(lambda m: _redirect(m[0], m[0], links, click), text)


def _redirect(address: str, written: str, links: list[str], click: Callable[[int], str]) -> str:
    if address not in links:
        if len(links) >= _MOST_LINKS:
            return written
        links.append(address)
    return click(links.index(address))
