"""Asking buyers for bids: all at once, each within its own deadline, outside any transaction.

A buyer that hangs, trickles or sends far too much ends its own ping only: its deadline, the campaign's budget and the
transport's limit on answers hold for it alone, and pings have a client of their own, so that no lead waits for one of
their connections.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.distribution import PingTarget
from leadyard.campaigns.model import Campaign, Delivery
from leadyard.delivery.breaker import Breaker
from leadyard.delivery.learning import Learning
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport
from leadyard.kit import clock
from leadyard.kit.ids import new_uuid
from leadyard.kit.money import plain, to_micros
from leadyard.routing.offers import Bid, Offer

TOO_LATE = "no bid in time"
UNREADABLE = "the bid could not be read"
LEFT_ALONE = "left alone after failures"
_KEPT = 2048
_GRACE_SECONDS = 0.25
"""Every ping ends itself within the budget; this only catches one that could not."""

_encoder = msgspec.json.Encoder(order="sorted")


class Auction(msgspec.Struct, frozen=True):
    """What buyers bid for a lead; `asked` is a digest of what they were told, `expires_at` when bids lapse."""

    id: UUID
    campaign_id: int
    supplier_id: int | None
    asked: bytes
    bids: Sequence[Bid]
    at: datetime
    expires_at: datetime
    lead_id: int | None = None
    after_attempt: int = 0


def told(campaign: Campaign, fields: Mapping[str, str]) -> dict[str, str]:
    """Pick the values that pings may carry: those of fields that are marked for it."""
    return {rule.name: fields[rule.name] for rule in campaign.fields if rule.ping and fields.get(rule.name)}


def digest_of(values: Mapping[str, str]) -> bytes:
    """Digest what buyers are told, to tell later whether a lead is the one that they bid for."""
    return hashlib.blake2b(_encoder.encode(dict(values)), digest_size=16).digest()


class Auctioneer:
    """One process's pings."""

    def __init__(self, transport: HttpTransport, learning: Learning) -> None:
        """Take a client for pings alone, and what is learned of buyers' answers."""
        self._transport = transport
        self._learning = learning
        self._deadlines = learning.deadlines
        self._breakers: dict[tuple[int, int], Breaker] = {}

    async def hold(
        self,
        setup: AccountSetup,
        campaign: Campaign,
        supplier_id: int | None,
        fields: Mapping[str, str],
        offers: Sequence[Offer],
    ) -> Auction:
        """Ask the buyers of offers for bids; gives one bid each, of whatever came of it. Amounts in micro-units."""
        await self._learning.recall(setup.account.id)
        terms = campaign.settings.auction
        auction_id, values = new_uuid(), told(campaign, fields)
        tasks = {
            asyncio.create_task(
                self._ping(setup, campaign, supplier_id, values, offer, f"{auction_id}-{offer.delivery.id}")
            ): offer
            for offer in offers
        }
        bids = await _gathered(tasks, terms.budget_milliseconds)
        now = clock.now()
        expires_at = now + timedelta(seconds=terms.bid_seconds)
        bids.sort(key=lambda bid: bid.delivery_id)
        return Auction(auction_id, campaign.id, supplier_id, digest_of(values), bids, now, expires_at)

    async def _ping(
        self,
        setup: AccountSetup,
        campaign: Campaign,
        supplier_id: int | None,
        told_values: Mapping[str, str],
        offer: Offer,
        ping_id: str,
    ) -> Bid:
        delivery, ping = offer.delivery, offer.delivery.settings.ping
        if ping is None:
            return _missed(offer, 0, "the delivery has no ping")
        key = (setup.account.id, delivery.id)
        now = clock.now()
        breaker = self._breakers.get(key, Breaker())
        if not breaker.allows(now):
            return _missed(offer, 0, LEFT_ALONE)
        self._breakers[key] = breaker.sending(now)
        deadline = self._deadlines.of(key, ping, campaign.settings.auction.patience, now)
        deadline = min(deadline, campaign.settings.auction.budget_milliseconds)
        values = {**told_values, **_names(setup, campaign, supplier_id, delivery, ping_id)}
        try:
            async with asyncio.timeout(deadline / 1000):
                verdict = await self._transport.deliver(
                    ping.http, ping.answers, values, idempotency_key=ping_id
                )
            bid = _bid(offer, ping, verdict, deadline)
            self._deadlines.heard(key, bid, now)
        except TimeoutError:
            self._deadlines.missed(key, deadline, now)
            verdict = Verdict(Outcome.UNKNOWN, TOO_LATE)
            bid = _missed(offer, deadline, TOO_LATE)
        policy = setup.buyers[delivery.buyer_id].settings.breaker
        self._breakers[key] = self._breakers[key].after(policy, verdict.outcome, clock.now())
        return bid


async def _gathered(tasks: Mapping["asyncio.Task[Bid]", Offer], budget: int) -> list[Bid]:
    """Wait for all bids, and give up those that are not there when the budget, in milliseconds, is spent."""
    if not tasks:
        return []
    try:
        done, late = await asyncio.wait(tasks, timeout=budget / 1000 + _GRACE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
    return [task.result() for task in done] + [_missed(tasks[task], budget, TOO_LATE) for task in late]


def _bid(offer: Offer, ping: PingTarget, verdict: Verdict, deadline: int) -> Bid:
    amount, reason = None, verdict.reason
    if verdict.outcome is Outcome.ACCEPT:
        if verdict.revenue is not None:
            amount, reason = to_micros(verdict.revenue), ""
        elif ping.answers.revenue is None:
            amount, reason = offer.price, ""
        else:
            reason = UNREADABLE
    return Bid(
        offer.delivery.id,
        offer.delivery.buyer_id,
        amount,
        reason,
        verdict.buyer_reference or "",
        verdict.elapsed_ms,
        deadline,
        verdict.status_code,
        verdict.request_text[:_KEPT],
        verdict.response_text[:_KEPT],
    )


def _missed(offer: Offer, deadline: int, reason: str) -> Bid:
    delivery = offer.delivery
    return Bid(delivery.id, delivery.buyer_id, None, reason, "", deadline, deadline)


def _names(
    setup: AccountSetup, campaign: Campaign, supplier_id: int | None, delivery: Delivery, ping_id: str
) -> dict[str, str]:
    """Give what a ping's templates may name besides marked fields: nothing that tells of a person."""
    supplier = None if supplier_id is None else setup.suppliers.get(supplier_id)
    buyer = setup.buyers[delivery.buyer_id]
    own = delivery.settings.revenue
    return {
        "ping.id": ping_id,
        "campaign.id": str(campaign.id),
        "campaign.reference": campaign.reference,
        "campaign.name": campaign.name,
        "supplier.sid": "" if supplier is None else supplier.sid,
        "buyer.bid": buyer.bid,
        "buyer.company": buyer.company,
        "delivery.id": str(delivery.id),
        "delivery.reference": delivery.reference,
        "delivery.revenue": plain(campaign.settings.revenue if own is None else own),
    }
