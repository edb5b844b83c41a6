"""What an attempt holds of caps and credit: written with it before it is sent, and kept as long as it counts.

The counters are the sums of what attempts hold, so an attempt gives back exactly what it took, whatever became of the
set-up meanwhile.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from leadyard.leads.model import AttemptState
from leadyard.routing.caps import CapKey, CapOwner, Measure, Period

_GIVES_BACK = frozenset(
    {
        AttemptState.REJECTED,
        AttemptState.WAITING,
        AttemptState.ERROR,
        AttemptState.RETURNED,
        AttemptState.REASSIGNED,
    }
)
_CounterRow = tuple[int, int, int, int, int, int]


class Holds(msgspec.Struct, frozen=True):
    """How far counters were raised, and how much credit was taken, in micro-units; None: credit does not matter."""

    caps: tuple[tuple[CapKey, int], ...] = ()
    credit: int | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is held."""
        return bool(self.caps) or self.credit is not None


NOTHING = Holds()


class _Document(msgspec.Struct, omit_defaults=True):
    caps: list[_CounterRow] = []
    credit: int | None = None


def document_of(holds: Holds) -> str | None:
    """Write holds as JSON; None when nothing is held."""
    if not holds:
        return None
    rows = [
        (int(k.owner), k.owner_id, k.campaign_id, int(k.period), int(k.start.timestamp()), amount)
        for k, amount in holds.caps
    ]
    return msgspec.json.encode(_Document(rows, holds.credit)).decode()


def holds_of(account_id: int, document: Any) -> Holds:
    """Read what an attempt of an account holds from its stored document, None included."""
    if document is None:
        return NOTHING
    read = msgspec.convert(document, _Document)
    caps = tuple(
        (
            CapKey(
                account_id,
                CapOwner(owner),
                owner_id,
                campaign_id,
                Period(period),
                datetime.fromtimestamp(start, UTC),
            ),
            amount,
        )
        for owner, owner_id, campaign_id, period, start, amount in read.caps
    )
    return Holds(caps, read.credit)


def kept(holds: Holds, state: AttemptState, *, revenue: int, payout: int, is_first: bool) -> Holds:
    """Tell what an attempt holds once it is in a state; amounts are the sale's real ones, in micro-units.

    Sold, it holds what the sale really was; its credit is settled apart, for that depends on what is left of it.
    """
    if state in _GIVES_BACK:
        return NOTHING
    if state is AttemptState.UNKNOWN or state is AttemptState.SENDING:
        return holds
    real = {Measure.REVENUE: revenue, Measure.PAYOUT: payout, Measure.APPROVED: int(is_first)}
    caps = tuple((key, real.get(key.period.measure, amount)) for key, amount in holds.caps)
    return Holds(caps, holds.credit)
