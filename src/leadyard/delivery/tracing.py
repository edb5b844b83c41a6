"""A lead's decision trace as people read it: steps, bids and attempts, with what was sent and answered."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.delivery import trace_store
from leadyard.kit.money import from_micros
from leadyard.leads.model import AttemptState
from leadyard.retention.service import evidence_gone_before
from leadyard.routing.offers import Bid, Sale
from leadyard.routing.trace import CapState, Considered, decoded
from leadyard.storage.database import LARGEST_ID, Database

MASKED = "(masked: the key may not see all of the lead)"


class CapRecord(msgspec.Struct, frozen=True):
    """How full the fullest cap of a delivery or its buyer was."""

    of: str
    used: int
    limit: int


class ConsideredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one delivery in a step.

    `verdict` is chosen, skipped, later, asked for a bid, or bid lower. `net` is a bid less margin and penalty.
    """

    delivery_id: int
    verdict: str
    reason: str
    sale: str
    price: Decimal
    bid: Decimal | None
    net: Decimal | None
    cap: CapRecord | None
    until: datetime | None


class AbsentRecord(msgspec.Struct, frozen=True):
    """A delivery of the campaign that takes no part in its distribution, and why."""

    delivery_id: int
    reason: str


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step: who was considered in which order, who would have come after, and who takes no part."""

    at: datetime
    method: str
    considered: list[ConsideredRecord]
    behind: list[int]
    absent: list[AbsentRecord]
    notes: list[str]


class BidRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's answer to a ping; without a bid the reason says why."""

    delivery_id: int
    buyer_id: int
    bid: Decimal | None
    reason: str
    reference: str
    milliseconds: int
    deadline_milliseconds: int
    status: int | None
    request: str
    response: str


class AuctionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Buyers that were asked for bids at once."""

    at: datetime
    expires_at: datetime
    bids: list[BidRecord]


class TracedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at one delivery, or a delivery passed over, with what was sent and answered."""

    number: int
    delivery_id: int
    buyer_id: int
    state: str
    reason: str
    sale: str
    price: Decimal | None
    revenue: Decimal
    started_at: datetime
    finished_at: datetime | None
    milliseconds: int | None
    status: int | None
    request: str
    response: str


class LeadTrace(msgspec.Struct, frozen=True, kw_only=True):
    """Every decision about where a lead went; `masked` tells that requests and answers are not shown.

    `pruned` tells that steps and auctions are of a time of which they are not kept any more, so some may be missing.
    """

    lead_id: int
    masked: bool
    pruned: bool
    steps: list[StepRecord]
    auctions: list[AuctionRecord]
    attempts: list[TracedAttempt]


def _nothing_hidden(_: int | None) -> frozenset[str]:
    return frozenset()


async def trace_of(
    database: Database,
    account_id: int,
    lead_id: int,
    *,
    masked: bool,
    hidden_in: Callable[[int | None], frozenset[str]] = _nothing_hidden,
) -> LeadTrace | None:
    """Read a lead's trace, without requests and answers where they are to be masked; None for no such lead.

    They are masked too where the lead has a value in one of the fields that `hidden_in` names for its campaign.
    """
    if lead_id > LARGEST_ID:
        return None
    async with database.connection() as connection:
        found = await trace_store.read(connection, account_id, lead_id)
        gone_before = await evidence_gone_before(connection, account_id)
    if found is None:
        return None
    masked = masked or any(found.fields.get(name) for name in hidden_in(found.campaign_id))
    attempts = found.attempts
    told = [(row["started_at"], row["number"], row["decision"]) for row in attempts if row["decision"]]
    told += [(row["at"], row["after_number"], row["decision"]) for row in found.steps]
    return LeadTrace(
        lead_id=lead_id,
        masked=masked,
        pruned=gone_before is not None and found.received_at < gone_before,
        steps=[_step(at, decision) for at, _, decision in sorted(told, key=lambda one: one[:2])],
        auctions=[_auction(row, masked=masked) for row in found.auctions],
        attempts=[_attempt(row, masked=masked) for row in attempts],
    )


def _step(at: datetime, text: str) -> StepRecord:
    decision = decoded(text)
    return StepRecord(
        at=at,
        method=decision.method,
        considered=[_considered(one) for one in decision.considered],
        behind=list(decision.behind),
        absent=[AbsentRecord(*one) for one in decision.absent],
        notes=list(decision.notes),
    )


def _considered(one: Considered) -> ConsideredRecord:
    return ConsideredRecord(
        delivery_id=one.delivery_id,
        verdict=one.verdict,
        reason=one.reason,
        sale=one.sale.name.lower(),
        price=from_micros(one.price),
        bid=_amount(one.bid),
        net=_amount(one.net),
        cap=_cap(one.cap),
        until=one.until,
    )


def _cap(state: CapState | None) -> CapRecord | None:
    return None if state is None else CapRecord(state.of, state.used, state.limit)


def _amount(micros: int | None) -> Decimal | None:
    return None if micros is None else from_micros(micros)


def _auction(row: dict[str, Any], *, masked: bool) -> AuctionRecord:
    bids: Iterable[Bid] = msgspec.convert(row["bids"], list[Bid])
    return AuctionRecord(
        at=row["at"],
        expires_at=row["expires_at"],
        bids=[_bid(bid, masked=masked) for bid in bids],
    )


def _bid(bid: Bid, *, masked: bool) -> BidRecord:
    return BidRecord(
        delivery_id=bid.delivery_id,
        buyer_id=bid.buyer_id,
        bid=_amount(bid.amount),
        reason=_shown(bid.reason, masked=masked and bid.status is not None),
        reference=bid.reference,
        milliseconds=bid.milliseconds,
        deadline_milliseconds=bid.deadline_milliseconds,
        status=bid.status,
        request=_shown(bid.request, masked=masked),
        response=_shown(bid.response, masked=masked),
    )


def _attempt(row: dict[str, Any], *, masked: bool) -> TracedAttempt:
    trace = row["trace"] or {}
    return TracedAttempt(
        number=row["number"],
        delivery_id=row["delivery_id"],
        buyer_id=row["buyer_id"],
        state=AttemptState(row["state"]).name.lower(),
        # A buyer's own words may name the person; ours do not.
        reason=_shown(row["reason"], masked=masked and trace.get("status") is not None),
        sale=Sale(row["sale"]).name.lower(),
        price=_amount(row["offer"]),
        revenue=from_micros(row["revenue"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        milliseconds=trace.get("elapsed_ms"),
        status=trace.get("status"),
        request=_shown(trace.get("request") or "", masked=masked),
        response=_shown(trace.get("response") or "", masked=masked),
    )


def _shown(text: str, *, masked: bool) -> str:
    return MASKED if masked and text else text
