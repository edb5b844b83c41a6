"""What a lead costs a buyer, and what a sale has to leave: pure, in whole micro-units."""

from collections.abc import Mapping
from decimal import Decimal

from leadyard.campaigns.distribution import AuctionTerms, MarginRule
from leadyard.campaigns.model import AcceptOn, Buyer, Campaign, Delivery, DeliveryKind
from leadyard.campaigns.terms import sale_payout, system_payout
from leadyard.kit.money import set_micros, share, to_micros
from leadyard.routing.offers import Sale

_NOTHING = Decimal(0)


def price_of(campaign: Campaign, delivery: Delivery, sale: Sale) -> int:
    """Find a delivery's price: of this kind of sale, else its revenue, else the campaign's (nothing for a transfer)."""
    settings = delivery.settings
    own = settings.shared_price if sale is Sale.SHARED else settings.exclusive_price
    if own is None or sale is Sale.LINKED:
        own = settings.revenue
    if own is None and settings.kind is DeliveryKind.TRANSFER:
        return 0
    return set_micros(campaign.settings.revenue if own is None else own)


def payout_of(campaign: Campaign, supplier_id: int | None, price: int) -> int:
    """Work out what a lead's supplier gets once it is sold for a price, whenever that is owed."""
    if campaign.settings.accept_on is AcceptOn.SYSTEM:
        return system_payout(campaign, supplier_id)
    return sale_payout(campaign, supplier_id, price)


def leaves_margin(rule: MarginRule, price: int, payout: int, costs: int) -> bool:
    """Tell whether what is left of a price after payout and costs satisfies a rule."""
    least = max(to_micros(rule.minimum), share(price, rule.minimum_percent))
    left = price - payout - costs
    return left >= least if least > 0 or rule.break_even else True


def less_margin(terms: AuctionTerms, bid: int) -> int:
    """Take the campaign's margin off a bid: what its supplier is told, never below zero."""
    return max(0, bid - to_micros(terms.margin) - share(bid, terms.margin_percent))


def net_bid(terms: AuctionTerms, buyers: Mapping[int, Buyer], delivery: Delivery, bid: int) -> int:
    """Take margin and the penalties of buyer and delivery off a bid: what bids are compared by."""
    buyer = buyers.get(delivery.buyer_id)
    penalty = delivery.settings.penalty + (_NOTHING if buyer is None else buyer.settings.penalty)
    return bid - to_micros(terms.margin) - share(bid, terms.margin_percent) - to_micros(penalty)
