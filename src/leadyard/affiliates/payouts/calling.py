"""One call to whoever pays, and what is known after it."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from typing import Any

import msgspec

from leadyard.delivery.transports.http.calling import Reply

Exchange = Callable[[str, str, str | None, Mapping[str, str]], Awaitable[Reply]]
"""Makes a request (method, address, body, headers) under the address guard; raises TroubleError without an answer."""


class Told(Enum):
    """What the receiver of a payout lets us know."""

    PAID = auto()
    TAKEN = auto()
    """It has the payment and will say later what became of it."""
    NOT_PAID = auto()
    """Surely not paid: it may be sent again."""
    REFUSED = auto()
    """Surely not paid, and it never will be."""
    UNKNOWN = auto()


class Report(msgspec.Struct, frozen=True):
    """The outcome of one call, in words where it is no success; `details` are kept with the payout."""

    told: Told
    problem: str | None = None
    details: dict[str, Any] = {}
