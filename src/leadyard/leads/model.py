"""The statuses of a lead and what may follow what (docs/leadbyte.md, "Answers")."""

from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec


class Channel(IntEnum):
    """How a lead came in."""

    REST = 1
    CLASSIC = 2
    IMPORT = 3
    HISTORY = 4
    TRANSFER = 5
    """From another campaign of the account."""


class SystemStatus(IntEnum):
    """What the intake made of it; VALID and INVALID are final."""

    PENDING = 0
    QUARANTINED = 1
    VALID = 2
    INVALID = 3


class SaleStatus(IntEnum):
    """How the sale stands."""

    NONE = 0
    PENDING = 1
    SOLD = 2
    UNSOLD = 3
    RETURNED = 4
    ASSIGNED = 5


class Standing(IntEnum):
    """Where reports count the lead; the one column from which every roll-up can be recounted.

    Test leads are NOT_COUNTED. RETURNED leads count as approved too.
    """

    NOT_COUNTED = 0
    PENDING = 1
    INVALID = 2
    REJECTED = 3
    APPROVED = 4
    RETURNED = 5


class AttemptState(IntEnum):
    """What became of one try at one delivery.

    SENDING is committed before the first byte goes out. UNKNOWN: the buyer may have taken the lead; it is
    reconciled, never repeated. WAITING: surely not taken, to be tried again. ERROR: surely not taken, given up.
    REASSIGNED: sold once, then given to another buyer by hand; no return.
    """

    SENDING = 1
    SOLD = 2
    REJECTED = 3
    SKIPPED = 4
    WAITING = 5
    ERROR = 6
    UNKNOWN = 7
    ASSIGNED = 8
    RETURNED = 9
    REASSIGNED = 10


APPROVED_STATES = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED})


class Lead(msgspec.Struct, frozen=True):
    """A lead as stored; amounts in micro-units of `currency`, times in UTC."""

    account_id: int
    id: int
    uuid: UUID
    campaign_id: int | None
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: Channel
    is_test: bool
    system_status: SystemStatus
    sale_status: SaleStatus
    standing: Standing
    code: int
    info: Any
    fields: dict[str, str]
    currency: str
    payout: int
    revenue: int
    received_at: datetime
    decided_at: datetime | None
    process_micros: int
