"""Reading a stored lead's way: its attempts and traces put together into the steps that made them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.leads.model import APPROVED_STATES, AttemptState, SystemStatus
from leadyard.replay.model import Answer, HandSale, OfferKey, PastLead, Step
from leadyard.routing.offers import Bid, Sale
from leadyard.routing.trace import ASKED, CHOSEN, LATER, SKIPPED, Considered, decoded
from leadyard.storage.database import Row

_TAKERS = APPROVED_STATES | {AttemptState.RETURNED}
_NO_STEP = frozenset({AttemptState.SKIPPED, AttemptState.ASSIGNED})


class _Attempt(msgspec.Struct, array_like=True, frozen=True):
    """An attempt in the order in which `store` writes it."""

    number: int
    delivery_id: int
    buyer_id: int
    state: AttemptState
    reason: str
    revenue: int
    started_at: datetime
    finished_at: datetime | None
    sale: Sale
    offer: int | None
    decision: str | None

    @property
    def key(self) -> OfferKey:
        return self.delivery_id, self.sale


_attempts = msgspec.json.Decoder(list[_Attempt])
_traces = msgspec.json.Decoder(list[tuple[int, str]])
_bids = msgspec.json.Decoder(list[list[Bid]])


def read_lead(row: Row) -> PastLead:
    """Put a lead together from its row, whose attempts, traces and bids are JSON."""
    attempts = _attempts.decode(row["attempts"] or "[]")
    takers = [one for one in attempts if one.state in _TAKERS]
    return PastLead(
        id=row["id"],
        uuid=row["uuid"],
        campaign_id=row["campaign_id"],
        supplier_id=row["supplier_id"],
        channel=row["channel"],
        is_valid=row["system_status"] == SystemStatus.VALID,
        fields=row["fields"],
        currency=row["currency"],
        received_at=row["received_at"],
        payout=row["payout"],
        costs=row["costs"],
        first_buyer=takers[0].buyer_id if takers else 0,
        steps=_steps(attempts),
        answers=_answers(attempts),
        final=_final(_traces.decode(row["traces"] or "[]")),
        sales=tuple(
            HandSale(one.number, one.buyer_id, one.revenue) for one in takers if one.state in APPROVED_STATES
        ),
        bids={bid.delivery_id: bid for bids in _bids.decode(row["bids"] or "[]") for bid in bids},
    )


def _steps(attempts: Sequence[_Attempt]) -> tuple[Step, ...]:
    """Group attempts by the instant at which they were written together.

    Steps that only asked for bids or put the lead off are part of the one that followed them.
    """
    steps: list[Step] = []
    verdicts: dict[OfferKey, Considered] = {}
    groups: dict[datetime, list[_Attempt]] = {}
    for one in attempts:
        if one.state is not AttemptState.ASSIGNED:
            groups.setdefault(one.started_at, []).append(one)
    for at, group in groups.items():
        sends = frozenset(one.key for one in group if one.state not in _NO_STEP)
        told = _verdicts(group)
        verdicts = {**verdicts, **told}
        if not sends and _goes_on(told):
            continue
        steps.append(Step(at, group[-1].number, sends, verdicts))
        verdicts = {}
    return tuple(steps)


def _verdicts(group: Sequence[_Attempt]) -> dict[OfferKey, Considered]:
    found = {
        one.key: Considered(
            one.delivery_id,
            SKIPPED if one.state is AttemptState.SKIPPED else CHOSEN,
            one.reason if one.state is AttemptState.SKIPPED else "",
            one.sale,
            one.offer or 0,
        )
        for one in group
    }
    for one in group:
        if one.decision is not None:
            told = _by_offer(decoded(one.decision).considered)
            # What the trace names comes in the order in which it was considered.
            found = {**told, **{key: each for key, each in found.items() if key not in told}}
    return found


def _by_offer(considered: Iterable[Considered]) -> dict[OfferKey, Considered]:
    return {(one.delivery_id, one.sale): one for one in considered}


def _goes_on(verdicts: Mapping[Any, Considered]) -> bool:
    return any(one.verdict in {LATER, ASKED} for one in verdicts.values())


def _final(traces: Sequence[tuple[int, str]]) -> dict[int, Mapping[OfferKey, Considered]]:
    told = {number: _by_offer(decoded(text).considered) for number, text in traces}
    return {number: verdicts for number, verdicts in told.items() if not _goes_on(verdicts)}


def _answers(attempts: Sequence[_Attempt]) -> dict[int, tuple[Answer, ...]]:
    found: dict[int, tuple[Answer, ...]] = {}
    for one in attempts:
        if one.state in _NO_STEP:
            continue
        returned = one.state is AttemptState.RETURNED
        state = AttemptState.SOLD if returned else one.state
        answer = Answer(
            AttemptState.UNKNOWN if state is AttemptState.SENDING else state,
            -1 if one.offer is None else one.offer,
            one.revenue,
            one.started_at,
            one.finished_at,
            returned,
        )
        found[one.delivery_id] = (*found.get(one.delivery_id, ()), answer)
    return found
