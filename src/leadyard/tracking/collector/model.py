"""What the beacon takes and keeps until it is worked in."""

from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec


class EventKind(IntEnum):
    """What a page tells of."""

    VISIT = 1
    LEAD = 2
    PURCHASE = 3
    CANCEL = 4


class EventBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event's members as they are kept, cut to their limits; `ip` and `ua` are the caller's own."""

    t: str | None = None
    n: str | None = None
    u: str | None = None
    r: str | None = None
    a: str | None = None
    ch: str | None = None
    e: str | None = None
    d: dict[str, Any] | None = None
    ip: str | None = None
    ua: str | None = None


class TakenEvent(msgspec.Struct, frozen=True):
    """An event on its way to the database; `body` is an encoded EventBody."""

    account_id: int
    id: UUID
    at: datetime
    kind: EventKind
    body: str


class Event(msgspec.Struct, frozen=True):
    """An event that waits to be worked in."""

    id: UUID
    at: datetime
    kind: EventKind
    body: EventBody


class Problem(msgspec.Struct, frozen=True):
    """An event that could not be worked in, and why."""

    event: Event
    problem: str
    set_aside_at: datetime
