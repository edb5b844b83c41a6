"""What rules say of a lead at its deliveries: who may have it, what it costs, what its supplier is paid."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import AcceptOn, Campaign, Delivery, DeliveryKind
from leadyard.campaigns.rules import CampaignRules, first_payout, paid
from leadyard.campaigns.terms import sale_payout, system_payout
from leadyard.kit.money import from_micros, to_micros
from leadyard.leads.facts import facts_of
from leadyard.leads.model import SaleStatus
from leadyard.routing.offers import Offer, Sale
from leadyard.routing.prices import payout_of, price_of
from leadyard.routing.rules import Facts

RULE_MISMATCH = "rule mismatch"
NOT_IN_DISTRIBUTION = "not in advanced distribution"


class Routed(Protocol):
    """A lead on its way, as the worker holds it; `only` names the delivery that somebody triggered by hand, or 0."""

    only: int
    campaign_id: int
    supplier_id: int | None
    channel: int
    fields: dict[str, str]
    received_at: datetime


Exclusion = Callable[[Offer], str | None]
"""Why rules forbid an offer; None when they do not."""


def exclusion_of(setup: AccountSetup, job: Routed) -> Exclusion:
    """Make the gate of one lead; sub-sets of buyers do not bind a delivery that is triggered by hand.

    While a delivery that is pinged has made no bid, its rule is asked as far as it does not depend on that.
    """
    campaign = setup.campaigns.get(job.campaign_id)
    rules = None if campaign is None else setup.rules_of(campaign)
    if campaign is None or rules is None or not (rules.deliveries or rules.buyer_sets):
        return _everything_goes
    facts = _facts(setup, campaign, job)
    buyers = None if job.only else rules.buyers(facts)

    def exclusion(offer: Offer) -> str | None:
        delivery = offer.delivery
        if buyers is not None and delivery.buyer_id not in buyers:
            return NOT_IN_DISTRIBUTION
        own = rules.deliveries.get(delivery.id)
        if own is None:
            return None
        accepts = own.accepts
        if own.asks_offer:
            if offer.bid is None and delivery.settings.kind is DeliveryKind.PING_POST:
                accepts = own.before_bid
            facts.revenue = from_micros(offer.price)
            facts.bid = None if offer.bid is None else from_micros(offer.bid)
        return None if accepts is None or accepts(facts) else RULE_MISMATCH

    return exclusion


def offered_price(
    setup: AccountSetup, campaign: Campaign, job: Routed, delivery: Delivery, sale: Sale
) -> int:
    """Find the price of a lead at a delivery in micro-units: by rule, else of this kind of sale, else as usual."""
    if delivery.settings.prices:
        ruled = _ruled_price(delivery, setup.rules_of(campaign), _facts(setup, campaign, job))
        if ruled is not None:
            return to_micros(ruled)
    return price_of(campaign, delivery, sale)


def expected_payout(
    setup: AccountSetup, campaign: Campaign, job: Routed, delivery: Delivery, price: int
) -> int:
    """Work out what a lead's supplier gets once it is sold for a price, whenever that is owed."""
    if campaign.settings.accept_on is AcceptOn.SYSTEM:
        return payout_of(campaign, job.supplier_id, price)
    return payout_of_sale(setup, campaign, delivery.id, job, price)


def payout_of_sale(
    setup: AccountSetup, campaign: Campaign, delivery_id: int, job: Routed, revenue: int
) -> int:
    """Work out what the supplier of a lead is paid for its sale, in micro-units.

    The delivery's payouts come before the supplier's terms, and those before the campaign's.
    """
    ruled = ruled_payout(setup, campaign, delivery_id, job, revenue)
    return sale_payout(campaign, job.supplier_id, revenue) if ruled is None else ruled


def rules_pay(setup: AccountSetup, campaign: Campaign, delivery_id: int) -> bool:
    """Tell whether rules have a say at all in what suppliers are paid for sales by a delivery."""
    rules = setup.rules_of(campaign)
    own = rules.deliveries.get(delivery_id)
    return bool(rules.payouts) or (own is not None and bool(own.payouts))


def ruled_payout(
    setup: AccountSetup, campaign: Campaign, delivery_id: int, job: Routed, revenue: int
) -> int | None:
    """Work out the same where rules have a say in it; None where the campaign's plain terms decide."""
    rules = setup.rules_of(campaign)
    own = rules.deliveries.get(delivery_id)
    terms = rules.payout(job.supplier_id)
    if terms is None and (own is None or not own.payouts):
        return None
    if job.supplier_id is None or campaign.settings.accept_on is not AcceptOn.BUYER:
        return 0
    facts = _facts(setup, campaign, job)
    facts.revenue = from_micros(revenue)
    chosen = None if own is None else first_payout(own.payouts, facts)
    if chosen is not None:
        return paid(chosen.kind, chosen.amount, revenue, by_sale=True)
    if terms is None:
        return sale_payout(campaign, job.supplier_id, revenue)
    return terms.amount(facts, revenue, by_sale=True)


def payout_due(
    setup: AccountSetup,
    campaign: Campaign,
    delivery_id: int,
    job: Routed,
    revenue: int,
    sale_status: SaleStatus,
    already: int,
) -> int:
    """Work out what a sale adds to a lead's payout, in micro-units: it is owed once, and again after it was reversed.

    `sale_status` and `already` (the payout) are the lead's before the sale; further sales of a sold lead add nothing,
    and a supplier that kept its payout after a return is not paid a second time.
    """
    if sale_status in {SaleStatus.SOLD, SaleStatus.ASSIGNED}:
        return 0
    by_sale = payout_of_sale(setup, campaign, delivery_id, job, revenue)
    if sale_status is not SaleStatus.RETURNED:
        return by_sale
    return 0 if already else by_sale + payout_when_valid(setup, campaign, job)


def payout_when_valid(setup: AccountSetup, campaign: Campaign, job: Routed) -> int:
    """Work out what the supplier of a lead earns by its being valid, in micro-units: on System Accept alone."""
    if job.supplier_id is None or campaign.settings.accept_on is not AcceptOn.SYSTEM:
        return 0
    terms = setup.rules_of(campaign).payout(job.supplier_id)
    if terms is None:
        return system_payout(campaign, job.supplier_id)
    return terms.amount(_facts(setup, campaign, job), 0, by_sale=False)


def _everything_goes(offer: Offer) -> str | None:  # noqa: ARG001 - an Exclusion
    return None


def _facts(setup: AccountSetup, campaign: Campaign, job: Routed) -> Facts:
    return facts_of(setup, campaign, job.fields, job.received_at, job.supplier_id, job.channel)


def _ruled_price(delivery: Delivery, rules: CampaignRules, facts: Facts) -> Decimal | None:
    own = rules.deliveries.get(delivery.id)
    prices = () if own is None else own.prices
    return next((price for test, price in prices if test(facts)), None)
