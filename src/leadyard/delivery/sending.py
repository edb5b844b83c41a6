"""Pure parts of sending: the values that templates see, and what a verdict makes of an attempt and its lead."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Buyer, Campaign, Delivery, DeliverySettings, UnknownPolicy
from leadyard.delivery.holds import NOTHING, Holds
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.retries import next_delay
from leadyard.delivery.waves import Wave
from leadyard.kit.ids import queue_id
from leadyard.kit.money import from_micros, plain, to_micros
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.routing.offers import Offer, Sale, Tried

LEAST_POST_SECONDS = 10
"""How long a post to a bid may always take: answers hardly ever take longer."""


class Job(msgspec.Struct):
    """A lead that this worker holds, with what was tried before."""

    account_id: int
    lead_id: int
    uuid: UUID
    only: int
    after_attempt: int
    campaign_id: int
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: int
    sale_status: SaleStatus
    standing: Standing
    fields: dict[str, str]
    currency: str
    received_at: datetime
    tried: list[Tried]
    costs: int = 0

    @property
    def next_number(self) -> int:
        """Tell the number of the next attempt."""
        return max((attempt.number for attempt in self.tried), default=0) + 1

    def tries_of(self, delivery_id: int) -> int:
        """Tell how often a delivery was tried in this pass, and surely not taken."""
        return sum(
            attempt.delivery_id == delivery_id
            and attempt.number > self.after_attempt
            and attempt.state is AttemptState.WAITING
            for attempt in self.tried
        )


class Sending(msgspec.Struct):
    """One attempt under way; `goes_on` tells whether a sale leaves the lead with something to do.

    `until` is when the time of the auction ends whose bid it takes up.
    """

    job: Job
    number: int
    delivery: Delivery
    buyer: Buyer
    campaign: Campaign
    setup: AccountSetup
    zone: ZoneInfo
    started_at: datetime
    offer: Offer
    wave: Wave
    goes_on: bool = False

    @property
    def idempotency_key(self) -> str:
        """Name the attempt for the buyer: repeats have the same key, an offer on other terms has one of its own."""
        key = f"{self.job.uuid}-{self.delivery.id}"
        if any(
            one.delivery_id == self.delivery.id and one.sale is not self.offer.sale for one in self.job.tried
        ):
            return f"{key}-{self.offer.sale.name.lower()}"
        return key

    holds: Holds = NOTHING
    until: datetime | None = None


class Result(msgspec.Struct):
    """How an attempt ended: the attempt's state, what the buyer pays, and when the job is due again (None: never)."""

    sending: Sending
    state: AttemptState
    reason: str
    revenue: int
    trace: dict[str, Any]
    due_at: datetime | None


def template_values(sending: Sending) -> Mapping[str, str]:
    """Collect what a delivery's templates may name: the lead's fields, and ids with a dot in their names."""
    job, setup, campaign, buyer, delivery = (
        sending.job, sending.setup, sending.campaign, sending.buyer, sending.delivery
    )  # fmt: skip
    supplier = None if job.supplier_id is None else setup.suppliers.get(job.supplier_id)
    offer = sending.offer
    values = {
        **job.fields,
        "lead.id": str(job.lead_id),
        "lead.uuid": str(job.uuid),
        "lead.queue_id": queue_id(job.uuid),
        "lead.received": job.received_at.isoformat(timespec="seconds")[:19] + "Z",
        "campaign.id": str(campaign.id),
        "campaign.reference": campaign.reference,
        "campaign.name": campaign.name,
        "supplier.sid": "" if supplier is None else supplier.sid,
        "supplier.name": "" if supplier is None else supplier.name,
        "buyer.bid": buyer.bid,
        "buyer.company": buyer.company,
        "delivery.id": str(delivery.id),
        "delivery.reference": delivery.reference,
        "delivery.revenue": _shown_price(offer.price),
        "sale.kind": _SALE_KINDS[offer.sale],
    }
    return values if offer.bid is None else {**values, **_bid_values(offer)}


_SALE_KINDS = {sale: sale.name.lower() for sale in Sale}


@lru_cache(maxsize=4096)
def _shown_price(micros: int) -> str:
    return plain(from_micros(micros))


def _bid_values(offer: Offer) -> dict[str, str]:
    """Give what the buyer's bid says, where there is one."""
    if offer.bid is None:
        return {}
    return {"ping.reference": offer.reference, "ping.bid": plain(from_micros(offer.bid))}


def result_of(sending: Sending, verdict: Verdict, now: datetime, random_value: float) -> Result:
    """Turn a buyer's verdict into what becomes of the attempt and of the job."""
    state, revenue = AttemptState.REJECTED, 0
    due_at: datetime | None = now
    if verdict.outcome is Outcome.ACCEPT:
        price = sending.offer.price if verdict.revenue is None else to_micros(verdict.revenue)
        state, revenue = AttemptState.SOLD, price
        due_at = now if sending.goes_on else None
        return Result(sending, state, verdict.reason, revenue, _trace(verdict), due_at)
    if verdict.outcome is Outcome.UNKNOWN:
        held = sending.delivery.settings.when_unknown is UnknownPolicy.HOLD
        held = held and sending.offer.sale is not Sale.SHARED
        return Result(
            sending, AttemptState.UNKNOWN, verdict.reason, 0, _trace(verdict), None if held else now
        )
    if verdict.outcome is Outcome.ERROR:
        state = AttemptState.ERROR
    elif verdict.outcome is Outcome.RETRY:
        tries = sending.job.tries_of(sending.delivery.id) + 1
        delay = next_delay(sending.delivery.settings.retry, tries, random_value, verdict.retry_after_seconds)
        if delay is not None and _is_beyond(sending, now + timedelta(seconds=delay)):
            delay = None
        state = AttemptState.ERROR if delay is None else AttemptState.WAITING
        due_at = now if delay is None else now + timedelta(seconds=delay)
    return Result(sending, state, verdict.reason, revenue, _trace(verdict), due_at)


def settings_in_time(sending: Sending) -> DeliverySettings:
    """Give the settings by which a lead is sent: a post to a bid waits no longer than the time that is left.

    But it always waits LEAST_POST_SECONDS, if the delivery does: giving up a buyer that has the lead makes an unknown
    attempt, which costs more than being late.
    """
    settings = sending.delivery.settings
    if sending.until is None or settings.http is None:
        return settings
    left = math.ceil((sending.until - sending.started_at).total_seconds())
    seconds = max(LEAST_POST_SECONDS, left)
    if seconds >= settings.http.timeout_seconds:
        return settings
    return structs.replace(settings, http=structs.replace(settings.http, timeout_seconds=seconds))


def _is_beyond(sending: Sending, at: datetime) -> bool:
    """Tell whether a post to a bid would come after its auction's time: then the next bid goes first."""
    return sending.until is not None and at >= sending.until


def _trace(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status_code,
        "request": verdict.request_text,
        "response": verdict.response_text,
        "buyer_reference": verdict.buyer_reference,
        "elapsed_ms": verdict.elapsed_ms,
        **verdict.details,
    }
