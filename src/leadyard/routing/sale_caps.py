"""Which counters a lead raises: some as it comes in, the others with each attempt to sell it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.limits import CountedChannels, CountedLeads
from leadyard.campaigns.model import (
    AcceptOn,
    Buyer,
    Campaign,
    Caps,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Trigger,
)
from leadyard.campaigns.terms import sale_payout
from leadyard.kit.money import to_micros
from leadyard.leads.model import Channel
from leadyard.routing.caps import CapKeys, CapOwner, CapUse, Measure, cap_uses, measured_uses

_API = frozenset({Channel.REST, Channel.CLASSIC})


class SoughtSale(msgspec.Struct, frozen=True):
    """A sale that is about to be tried: of which lead, at what price (micro-units).

    `is_first` while nobody has bought the lead: only the first sale is paid for and makes it approved. `payout` is
    what its supplier would get by rules (micro-units); None: what the campaign's terms say.
    """

    supplier_id: int | None
    channel: int
    is_first: bool
    price: int
    payout: int | None = None


def expected_price(campaign: Campaign, delivery: Delivery) -> int:
    """Give what a sale by a delivery is expected to earn, in micro-units: its own price before the campaign's."""
    own = delivery.settings.revenue
    if own is None and delivery.settings.kind is DeliveryKind.TRANSFER:
        return 0
    return to_micros(campaign.settings.revenue if own is None else own)


def intake_uses(
    account_id: int,
    campaign: Campaign,
    supplier_id: int | None,
    channel: int,
    payout: int,
    *,
    at: datetime,
    zone: ZoneInfo,
) -> list[CapUse]:
    """List the counters of the campaign, and of the supplier in it, that a lead counts or looks at as it comes in.

    `payout` is what the supplier earns by its being valid, in micro-units.

    What only a sale decides is looked at: a lead is refused when no sale of it would fit.
    """
    uses: list[CapUse] = []
    for keys, caps in _campaign_caps(account_id, campaign, supplier_id, channel):
        if _counts_approved(campaign):
            uses += measured_uses(keys, Measure.APPROVED, caps, amount=0, room=1, at=at, zone=zone)
        else:
            uses += cap_uses(
                keys.account_id, caps, keys.owner, keys.owner_id, keys.campaign_id, at=at, zone=zone
            )
        least = _least_price(campaign)
        uses += measured_uses(keys, Measure.REVENUE, caps, amount=0, room=max(least, 1), at=at, zone=zone)
        room = payout if _pays_at_once(campaign) else max(sale_payout(campaign, supplier_id, least), 1)
        uses += measured_uses(keys, Measure.PAYOUT, caps, amount=payout, room=room, at=at, zone=zone)
    return uses


def attempt_uses(
    account_id: int,
    campaign: Campaign,
    delivery: Delivery,
    buyer: Buyer,
    sale: SoughtSale,
    *,
    at: datetime,
    zone: ZoneInfo,
) -> list[CapUse]:
    """List the counters that an attempt raises: the delivery's, the buyer's, and what the campaign counts by sales."""
    payout = None
    if sale.is_first and not _pays_at_once(campaign):
        by_terms = sale_payout(campaign, sale.supplier_id, sale.price)
        payout = by_terms if sale.payout is None else sale.payout
    uses: list[CapUse] = []
    own = (
        (CapKeys(account_id, CapOwner.DELIVERY, delivery.id, 0), delivery.settings.caps),
        (CapKeys(account_id, CapOwner.BUYER, buyer.id, 0), buyer.settings.caps),
    )
    for keys, caps in own:
        uses += cap_uses(account_id, caps, keys.owner, keys.owner_id, 0, at=at, zone=zone)
        uses += _money(keys, caps, sale.price, payout, at, zone)
    for keys, caps in _campaign_caps(account_id, campaign, sale.supplier_id, sale.channel):
        if sale.is_first and _counts_approved(campaign):
            uses += measured_uses(keys, Measure.APPROVED, caps, amount=1, room=1, at=at, zone=zone)
        uses += _money(keys, caps, sale.price, payout, at, zone)
    return uses


def _money(
    keys: CapKeys, caps: Caps, price: int, payout: int | None, at: datetime, zone: ZoneInfo
) -> list[CapUse]:
    uses = measured_uses(keys, Measure.REVENUE, caps, amount=price, room=max(price, 1), at=at, zone=zone)
    if payout is not None:
        uses += measured_uses(keys, Measure.PAYOUT, caps, amount=payout, room=payout, at=at, zone=zone)
    return uses


def _campaign_caps(
    account_id: int, campaign: Campaign, supplier_id: int | None, channel: int
) -> list[tuple[CapKeys, Caps]]:
    counted = campaign.settings.caps_count.channels
    if counted is not CountedChannels.BOTH and (channel in _API) is not (counted is CountedChannels.API):
        return []
    listed = [(CapKeys(account_id, CapOwner.CAMPAIGN, campaign.id, 0), campaign.settings.caps)]
    terms = None if supplier_id is None else campaign.suppliers.get(supplier_id)
    if supplier_id is not None and terms is not None:
        listed.append((CapKeys(account_id, CapOwner.SUPPLIER, supplier_id, campaign.id), terms.caps))
    return listed


def _pays_at_once(campaign: Campaign) -> bool:
    return campaign.settings.accept_on is AcceptOn.SYSTEM


def _counts_approved(campaign: Campaign) -> bool:
    """Tell whether only sales count; on System Accept a valid lead is an approved one."""
    return campaign.settings.caps_count.leads is CountedLeads.APPROVED and not _pays_at_once(campaign)


def _least_price(campaign: Campaign) -> int:
    prices = [
        expected_price(campaign, delivery)
        for delivery in campaign.deliveries
        if delivery.status is DeliveryStatus.ACTIVE and delivery.settings.trigger is Trigger.AUTOMATIC
    ]
    return min(prices, default=0)
