"""What is learned of a buyer's answers to pings, in the own API."""

from datetime import UTC, datetime

import msgspec

from leadyard.campaigns.service import campaigns, deliveries
from leadyard.delivery.deadlines import SLOT_SECONDS, deadline, usual
from leadyard.delivery.learning import answers_of
from leadyard.identity.model import Permission
from leadyard.kit import clock
from leadyard.kit.errors import NotFoundError
from leadyard.own_api.operation import Answer, Call, Operation, Section


class PingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How long a delivery's buyer takes to bid, and is given; times in milliseconds.

    `answers` is how many of the last bids count, missed deadlines included, `p95_milliseconds` the time in which 95
    of 100 of them came; null while there are too few to tell. Answers without a bid count for nothing. The bounds are
    those of the set-up, `budget_milliseconds` is the campaign's for all pings together. `answers_since` is from when on
    answers are known.
    """

    delivery_id: int
    deadline_milliseconds: int
    answers: int
    p95_milliseconds: int | None
    least_milliseconds: int
    most_milliseconds: int
    budget_milliseconds: int
    patience: float
    answers_since: datetime | None


async def _pings(call: Call) -> Answer:
    delivery = await deliveries.read(call.database, call.account_id, call.id())
    ping = delivery.settings.ping
    if ping is None:
        raise NotFoundError("This delivery has no ping.")
    campaign = await campaigns.read(call.database, call.account_id, delivery.campaign_id)
    terms = campaign.settings.auction
    counts = await answers_of(call.database, call.account_id, delivery.id)
    known = usual(counts, clock.now())
    first = min((slot for slot, _ in counts), default=None)
    return Answer(
        PingRecord(
            delivery_id=delivery.id,
            deadline_milliseconds=min(deadline(known, ping, terms.patience), terms.budget_milliseconds),
            answers=sum(counts.values()) if known is None else known.answers,
            p95_milliseconds=None if known is None else known.p95_milliseconds,
            least_milliseconds=ping.least_milliseconds,
            most_milliseconds=ping.most_milliseconds,
            budget_milliseconds=terms.budget_milliseconds,
            patience=terms.patience,
            answers_since=None if first is None else datetime.fromtimestamp(first * SLOT_SECONDS, UTC),
        )
    )


SECTION = Section(
    "Pings",
    "How long buyers take to answer pings, and the deadline that follows from it.",
    (
        Operation(
            method="GET",
            path="/deliveries/{id}/pings",
            id="readDeliveryPings",
            summary="Tell how long a buyer takes to bid",
            description="What all processes have learned of its last answers; up to a few seconds old.",
            handler=_pings,
            permission=Permission.SETUP_READ,
            answer=PingRecord,
        ),
    ),
)
