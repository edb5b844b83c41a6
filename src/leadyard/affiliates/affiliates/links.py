"""Codes, tokens and links of affiliates."""

import secrets
from urllib.parse import urlsplit, urlunsplit

DASHBOARD_PREFIX = "/p/"
SIGN_IN_PREFIX = "/p/sign_in/"
CODE_PARAMETER = "afmc"
SIGN_IN_SECONDS = 300

_NEW_CODE_LENGTH = 8
# Without those that are read for one another, for codes are coupons that people type.
_CODE_CHARACTERS = "abcdefghjkmnpqrsuvwxyz23456789"


def new_code() -> str:
    """Make a short code of lower-case letters and digits."""
    return "".join(secrets.choice(_CODE_CHARACTERS) for _ in range(_NEW_CODE_LENGTH))


def new_dashboard_token() -> str:
    """Make what opens an affiliate's dashboard: 40 hex digits, 160 random bits."""
    return secrets.token_hex(20)


def new_sign_in_token() -> str:
    """Make what signs an affiliate in once."""
    return secrets.token_urlsafe(32)


def code_key(code: str) -> str:
    """Write a code as it is compared: trimmed, without regard to case."""
    return code.strip().casefold()


def affiliate_url(site_url: str, code: str) -> str:
    """Give an affiliate's link: the site's address with the code in its query, all else of it kept."""
    parts = urlsplit(site_url)
    query = f"{parts.query}&{CODE_PARAMETER}={code}" if parts.query else f"{CODE_PARAMETER}={code}"
    return urlunsplit(parts._replace(query=query))


def dashboard_url(base_url: str, token: str) -> str:
    """Give the permanent link to an affiliate's dashboard."""
    return f"{base_url.rstrip('/')}{DASHBOARD_PREFIX}{token}"


def sign_in_url(base_url: str, token: str) -> str:
    """Give the link that signs an affiliate in once."""
    return f"{base_url.rstrip('/')}{SIGN_IN_PREFIX}{token}"
