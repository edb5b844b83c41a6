"""How providers sign their messages."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

from leadyard.dialects.billing.model import Message

Check = Callable[[Message, str], bool]
_STRIPE_SECONDS = 300
_LONGEST_STAMP = 12


def hex_of_body(header: str) -> Check:
    """Check a hexadecimal HMAC-SHA256 of the body in a header."""
    return lambda message, secret: hmac.compare_digest(
        message.header(header).lower().encode(), _digest(secret, message.body).hex().encode()
    )


def base64_of_body(header: str) -> Check:
    """Check a base64 HMAC-SHA256 of the body in a header."""
    return lambda message, secret: hmac.compare_digest(
        message.header(header).encode(), base64.b64encode(_digest(secret, message.body))
    )


def is_stripes(message: Message, secret: str) -> bool:
    """Check `Stripe-Signature: t=UNIX,v1=HEX…`, which covers time and body and is good for five minutes."""
    stamps: list[str] = []
    signatures: list[str] = []
    for part in message.header("stripe-signature").split(","):
        name, _, value = part.strip().partition("=")
        (stamps if name == "t" else signatures if name == "v1" else []).append(value)
    if not stamps or not stamps[0].isascii() or not stamps[0].isdigit() or len(stamps[0]) > _LONGEST_STAMP:
        return False
    if abs(time.time() - int(stamps[0])) > _STRIPE_SECONDS:
        return False
    wanted = _digest(secret, stamps[0].encode() + b"." + message.body).hex().encode()
    return any(hmac.compare_digest(wanted, given.encode()) for given in signatures)


def _digest(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()
