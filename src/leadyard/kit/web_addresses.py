"""Addresses of web pages: what may be called or handed to a browser."""

from urllib.parse import urlsplit

LONGEST_WEB_ADDRESS = 2048


def is_web_address(text: str) -> bool:
    """Tell whether a text is a complete http or https address without a user name or password."""
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and port_is_good
        and "@" not in parts.netloc
    )
