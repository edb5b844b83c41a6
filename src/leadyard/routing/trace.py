"""The decision trace: what one step of routing says of itself, in the compact form in which it is stored.

One document per step: every delivery that was considered with why it was left out, its bid, its price and the state
of its fullest cap; the order of those that were not reached; the deliveries that take no part, and why.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.distribution import Method
from leadyard.routing.offers import Sale

CHOSEN = "chosen"
SKIPPED = "skipped"
LATER = "later"
ASKED = "asked for a bid"
OUTBID = "bid lower"


class CapState(msgspec.Struct, frozen=True, array_like=True):
    """How full a counter is; `of` is whose and over which period."""

    of: str
    used: int
    limit: int


class Considered(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "delivery_id": "d",
        "verdict": "v",
        "reason": "r",
        "sale": "s",
        "price": "p",
        "bid": "b",
        "net": "n",
        "cap": "c",
        "until": "u",
    },
):
    """What became of one delivery in a step; amounts in micro-units, `until` when a delay ends."""

    delivery_id: int
    verdict: str
    reason: str = ""
    sale: Sale = Sale.EXCLUSIVE
    price: int = 0
    bid: int | None = None
    net: int | None = None
    cap: CapState | None = None
    until: datetime | None = None


class Decision(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"method": "m", "considered": "c", "behind": "b", "absent": "a", "notes": "n"},
):
    """One step: the method of the whole, who was considered, who would have come next, who takes no part."""

    method: Method
    considered: Sequence[Considered] = ()
    behind: Sequence[int] = ()
    absent: Sequence[tuple[int, str]] = ()
    notes: Sequence[str] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Decision)


def encoded(decision: Decision) -> str:
    """Write a decision as the text that is stored."""
    return _ENCODER.encode(decision).decode()


def decoded(text: str) -> Decision:
    """Read a stored decision."""
    return _DECODER.decode(text)
