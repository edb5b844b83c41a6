"""What a file of leads is, as the worker handles it and as the own API shows it."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LARGEST_CONTENT = 32 * 1024 * 1024
"""Characters of leads in one file; what is more goes into the next."""


class FileState(IntEnum):
    """The life of a file."""

    WAITING = 0
    SENDING = 1
    SENT = 2
    FAILED = 3
    UNKNOWN = 4


StateName = Literal["Waiting", "Sending", "Sent", "Failed", "Unknown"]
STATES: dict[StateName, FileState] = {
    "Waiting": FileState.WAITING,
    "Sending": FileState.SENDING,
    "Sent": FileState.SENT,
    "Failed": FileState.FAILED,
    "Unknown": FileState.UNKNOWN,
}


class DeliveryFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of leads and what became of it."""

    id: int
    delivery_id: int
    number: Annotated[int, Meta(description="Counted from 1 for each delivery.")]
    name: str
    format: str
    state: StateName
    rows: int
    size: Annotated[int, Meta(description="Bytes.")]
    destination: Annotated[str, Meta(description="Where it goes, or went at the last try; without secrets.")]
    error: Annotated[str | None, Meta(description="What the last try came to, when it did not succeed.")]
    tries: int
    built_at: datetime
    due_at: Annotated[
        datetime, Meta(description="When the next try is due; while Sending, until when this try may take.")
    ]
    finished_at: datetime | None


class FileFinding(msgspec.Struct, frozen=True):
    """What a person found out about a file whose hand-over has an unknown outcome."""

    arrived: Annotated[bool, Meta(description="true: the file is Sent; false: it is handed over again.")]


class Claimed(msgspec.Struct, frozen=True):
    """A file that this process hands over; `tries` counts this one, `tries_before` those
    before somebody asked for it to be sent again.
    """

    account_id: int
    id: int
    delivery_id: int
    name: str
    format: str
    rows: int
    tries: int
    tries_before: int
    content: bytes


class QueuedDelivery(msgspec.Struct, frozen=True):
    """A delivery with leads that wait for a file, and since when the oldest does."""

    account_id: int
    delivery_id: int
    oldest: datetime
