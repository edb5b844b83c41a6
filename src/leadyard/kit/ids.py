"""Identifiers that strangers see but cannot guess."""

import hashlib
import os
import re
import secrets
import time
from uuid import UUID

from asyncpg.pgproto import pgproto

_QUEUE_ID = re.compile(r"([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{8})")
_API_KEY = re.compile(r"[0-9a-f]{32}")
_LEADDYNO_KEY = re.compile(r"[0-9a-f]{40}")


class _RandomBytes:
    """Random bytes of the system, fetched by the page: one system call serves hundreds of ids."""

    def __init__(self) -> None:
        self._page, self._place = b"", 0

    def take(self, count: int) -> bytes:
        if self._place + count > len(self._page):
            self._page, self._place = os.urandom(4096), 0
        self._place += count
        return self._page[self._place - count : self._place]

    def forget(self) -> None:
        self._page, self._place = b"", 0


_random = _RandomBytes()
os.register_at_fork(after_in_child=_random.forget)


def new_uuid() -> UUID:
    """Make a version 7 UUID: in time order, so that index pages stay hot, with 74 random bits."""
    random = int.from_bytes(_random.take(10), "big")
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76
    value |= (random >> 68 & 0xFFF) << 64 | 0x2 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    # The class that rows come with: in C, and equal to any other UUID.
    made: UUID = pgproto.UUID(value.to_bytes(16, "big"))
    return made


def queue_id(uuid: UUID) -> str:
    """Write a lead's UUID as LeadByte's queue id, groups of 8-8-8-4-8 hex digits.

    The last four digits are a checksum: most mistyped ids are refused without asking the database.
    """
    text = uuid.hex + hashlib.blake2b(uuid.bytes, digest_size=2).hexdigest()
    return f"{text[:8]}-{text[8:16]}-{text[16:24]}-{text[24:28]}-{text[28:]}"


def read_queue_id(text: str) -> UUID | None:
    """Read a queue id back into the lead's UUID; None when it is not one of ours."""
    match = _QUEUE_ID.fullmatch(text.strip().lower())
    if match is None:
        return None
    digits = "".join(match.groups())
    uuid = UUID(hex=digits[:32])
    return uuid if queue_id(uuid).replace("-", "") == digits else None


def new_api_key() -> str:
    """Make an API key: 32 hex digits, 128 random bits."""
    return secrets.token_hex(16)


def looks_like_api_key(text: str) -> bool:
    """Tell whether a text has the form of an API key."""
    return _API_KEY.fullmatch(text) is not None


def new_leaddyno_key() -> str:
    """Make a key in LeadDyno's form: 40 hex digits, 160 random bits."""
    return secrets.token_hex(20)


def looks_like_leaddyno_key(text: str) -> bool:
    """Tell whether a text has the form of a LeadDyno key."""
    return _LEADDYNO_KEY.fullmatch(text) is not None


def hash_secret(text: str) -> bytes:
    """Hash a random secret for storage; its 128 bits of randomness need no slow hash."""
    return hashlib.sha256(text.encode()).digest()
