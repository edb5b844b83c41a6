"""Bytes to text, and text to what a database can keep."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BodyError(ValueError):
    """A request body that cannot be read; the message says why."""


def decode_text(raw: bytes) -> str:
    """Read bytes as UTF-8, or as Windows-1252 where they are not; never fails.

    A byte that Windows-1252 leaves undefined becomes U+FFFD. A leading byte order mark is dropped.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
    return text.removeprefix("\ufeff")


def clean_text(text: str) -> str:
    """Remove NUL and lone surrogates, which neither PostgreSQL nor UTF-8 can hold."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("", text)
