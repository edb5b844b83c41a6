"""The circuit breaker of one buyer: after failures in a row it is left alone, then probed with one lead."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from leadyard.delivery.model import BreakerPolicy, Outcome

_FAILURES = frozenset({Outcome.RETRY, Outcome.UNKNOWN})
_ANSWERS = frozenset({Outcome.ACCEPT, Outcome.REJECT})


class Breaker(Struct, frozen=True):
    """State of one buyer's breaker; times are aware datetimes.

    Closed while `open_until` is None; open until that instant; then half-open: a single probe goes out, and its
    result closes or reopens. A probe that never reports (its process died) counts as lost after another pause.
    """

    failures: int = 0
    open_until: datetime | None = None
    pause_seconds: float = 0.0
    probing: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        """Tell when the buyer may be called again; None when it may be called now."""
        return self.open_until if self.open_until is not None and now < self.open_until else None

    def allows(self, now: datetime) -> bool:
        """Tell whether a lead may be sent now."""
        return self.closed_until(now) is None

    def sending(self, now: datetime) -> "Breaker":
        """Note that a lead goes out; in the half-open state it is the probe, and no other may follow it."""
        if self.open_until is None:
            return self
        return structs.replace(self, open_until=now + timedelta(seconds=self.pause_seconds), probing=True)

    def after(self, policy: BreakerPolicy, result: Outcome, now: datetime) -> "Breaker":
        """Take in how a try ended.

        Accepted and rejected both show a buyer that works. An `error` says nothing about the buyer: it only frees
        the place of a probe.
        """
        if result in _ANSWERS:
            return Breaker()
        if result not in _FAILURES:
            return structs.replace(self, open_until=now, probing=False) if self.probing else self
        failures = self.failures + 1
        if failures < policy.failures:
            return structs.replace(self, failures=failures)
        # A try that began before the breaker opened and fails late must not prolong the pause.
        if self.open_until is not None and not self.probing:
            return structs.replace(self, failures=failures)
        pause = timedelta(seconds=policy.open_seconds)
        return Breaker(failures, now + pause, policy.open_seconds)


class BatchBreakers:
    """The breakers of one account as a batch of leads meets them: what it sends counts for the leads after it."""

    def __init__(self, breakers: Mapping[tuple[int, int], Breaker], account_id: int, now: datetime) -> None:
        """Take the process's breakers, by account and buyer, which stay as they are."""
        self._breakers = breakers
        self._account_id = account_id
        self._now = now
        self._changed: dict[int, Breaker] = {}

    def closed_until(self, buyer_id: int) -> datetime | None:
        """Tell when a buyer may be called again; None when it may be called now."""
        return self._of(buyer_id).closed_until(self._now)

    def sending(self, buyer_id: int) -> None:
        """Note that the batch sends a lead to a buyer: to one that is half-open no other may follow."""
        self._changed[buyer_id] = self._of(buyer_id).sending(self._now)

    def _of(self, buyer_id: int) -> Breaker:
        changed = self._changed.get(buyer_id)
        return changed or self._breakers.get((self._account_id, buyer_id)) or _CLOSED


_CLOSED = Breaker()
