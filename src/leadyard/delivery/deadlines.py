"""How long each buyer is given to answer a ping: learned from its past bids, within the operator's bounds.

Only bids and missed deadlines count: a buyer that declines at once and bids after some thought needs the time of its
bids, and a refused connection tells nothing of how long a bid takes. They are counted by the slot of time in which
they came and by how long they took, so that what several processes have seen is a sum. The newest slots speak, as many
as it takes for REMEMBERED answers: older ones fade.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from leadyard.campaigns.distribution import PingTarget
from leadyard.routing.offers import Bid

REMEMBERED = 100
SLOT_SECONDS = 300
LONGEST_MEMORY = timedelta(days=30)
_ENOUGH = 10
_SHARE = 0.95
_LATE = 1.25
_PARTS_OF_AN_OCTAVE_BITS = 4

DeliveryKey = tuple[int, int]
"""An account and a delivery."""

Counts = Mapping[tuple[int, int], int]
"""How many answers came, by slot and by `rounded` milliseconds."""


class Usual(msgspec.Struct, frozen=True):
    """What is known of a buyer: how many answers speak, and the milliseconds within which 95 of 100 came."""

    answers: int
    p95_milliseconds: int


def slot_of(now: datetime) -> int:
    """Give the slot of an instant."""
    return int(now.timestamp()) // SLOT_SECONDS


def rounded(milliseconds: int) -> int:
    """Round a time up by at most a sixteenth, so that few different ones have to be counted."""
    if milliseconds < 1 << _PARTS_OF_AN_OCTAVE_BITS:
        return max(0, milliseconds)
    shift = milliseconds.bit_length() - 1 - _PARTS_OF_AN_OCTAVE_BITS
    return (((milliseconds >> shift) + 1) << shift) - 1


def usual(counts: Counts, now: datetime) -> Usual | None:
    """Tell how long a buyer usually takes; None for one that is hardly known."""
    by_slot: dict[int, Counter[int]] = {}
    for (slot, milliseconds), answers in counts.items():
        by_slot.setdefault(slot, Counter())[milliseconds] += answers
    oldest = slot_of(now - LONGEST_MEMORY)
    speaking: Counter[int] = Counter()
    for slot in sorted(by_slot, reverse=True):
        if slot < oldest or speaking.total() >= REMEMBERED:
            break
        speaking += by_slot[slot]
    total = speaking.total()
    if total < _ENOUGH:
        return None
    place, seen = int((total - 1) * _SHARE), 0
    for milliseconds in sorted(speaking):
        seen += speaking[milliseconds]
        if seen > place:
            return Usual(total, milliseconds)
    return None


def deadline(known: Usual | None, ping: PingTarget, patience: float) -> int:
    """Give a deadline in milliseconds; a buyer that is hardly known has as long as its bounds allow."""
    if known is None:
        return ping.most_milliseconds
    wanted = round(known.p95_milliseconds * patience)
    return min(ping.most_milliseconds, max(ping.least_milliseconds, wanted))


class Deadlines:
    """The answers of buyers as one process knows them: what all had written when it last read, and its own since."""

    def __init__(self) -> None:
        """Start knowing nobody."""
        self._known: dict[DeliveryKey, Counts] = {}
        self._fresh: dict[DeliveryKey, Counter[tuple[int, int]]] = {}
        self._leaving: dict[DeliveryKey, Counter[tuple[int, int]]] = {}
        self._usual: dict[DeliveryKey, Usual | None] = {}

    def of(self, key: DeliveryKey, ping: PingTarget, patience: float, now: datetime) -> int:
        """Give a deadline in milliseconds."""
        if key not in self._usual:
            self._usual[key] = usual(self._counts(key), now)
        return deadline(self._usual[key], ping, patience)

    def heard(self, key: DeliveryKey, bid: Bid, now: datetime) -> None:
        """Learn from what a ping brought, if it is a bid."""
        if bid.amount is not None:
            self.answered(key, bid.milliseconds, now)

    def answered(self, key: DeliveryKey, milliseconds: int, now: datetime) -> None:
        """Remember how long a bid took."""
        self._fresh.setdefault(key, Counter())[slot_of(now), rounded(milliseconds)] += 1
        self._usual.pop(key, None)

    def missed(self, key: DeliveryKey, deadline_milliseconds: int, now: datetime) -> None:
        """Remember a missed deadline as an answer a little after it, so that a buyer that slows down is waited for."""
        self.answered(key, round(deadline_milliseconds * _LATE), now)

    def take(self) -> Mapping[DeliveryKey, Counts]:
        """Hand out what is not written yet; one taker at a time. What nobody has learned since comes again."""
        for key, counts in self._fresh.items():
            self._leaving.setdefault(key, Counter()).update(counts)
        self._fresh = {}
        return dict(self._leaving)

    def learn(self, found: Mapping[DeliveryKey, Counts], asked: Collection[DeliveryKey]) -> None:
        """Take over what is written of deliveries; what was handed out of them is part of it now."""
        for key in asked:
            self._leaving.pop(key, None)
        for key in {*asked, *found}:
            self._known[key] = found.get(key, {})
            self._usual.pop(key, None)

    def _counts(self, key: DeliveryKey) -> Counts:
        counts = Counter(self._known.get(key, {}))
        for own in (self._leaving.get(key), self._fresh.get(key)):
            if own is not None:
                counts.update(own)
        return counts
