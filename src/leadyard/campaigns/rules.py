"""A campaign's rules made ready: compiled once for each version of the set-up, then asked lead by lead."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from leadyard.campaigns.model import Campaign, Delivery, Payout
from leadyard.campaigns.rule_settings import FilterAction, OutOfHours, PayoutKind, PayoutRule
from leadyard.kit.money import share, to_micros
from leadyard.routing.rules import (
    Facts,
    Rule,
    Test,
    ValueList,
    Vocabulary,
    compile_when_needed,
    lists_in,
    operands_of,
    priced_in,
    without,
)

FILTERED_TEXT = "Lead does not match the campaign's filter"


class PayoutTerms(msgspec.Struct, frozen=True):
    """A payout with its rules compiled; a test of None matches every lead."""

    base: Payout
    rules: tuple[tuple[Test | None, PayoutRule], ...] = ()

    def amount(self, facts: Facts, revenue: int, *, by_sale: bool) -> int:
        """Work the payout out in micro-units; one that is a share of the revenue needs a sale."""
        chosen = first_payout(self.rules, facts)
        if chosen is not None:
            return paid(chosen.kind, chosen.amount, revenue, by_sale=by_sale)
        window, is_fixed = self.base.out_of_hours, self.base.kind is PayoutKind.FIXED
        if window is not None and is_fixed and is_within(window, facts):
            return to_micros(window.amount)
        return paid(self.base.kind, self.base.amount, revenue, by_sale=by_sale)


class DeliveryRules(msgspec.Struct, frozen=True):
    """The rules of one delivery: which leads it takes, what they cost, and what their supplier is paid.

    `before_bid` is what can be told of `accepts` while no bid is known; `asks_offer` tells whether that is less.
    """

    accepts: Test | None
    before_bid: Test | None
    asks_offer: bool
    prices: tuple[tuple[Test, Decimal], ...]
    payouts: tuple[tuple[Test | None, PayoutRule], ...]


class CampaignRules(msgspec.Struct, frozen=True):
    """Everything in a campaign that rules decide; `deliveries` has those that have any rule.

    `judges_intake` tells whether the intake has to ask at all.
    """

    filters: tuple[tuple[FilterAction, Test, str], ...]
    quarantine: Test | None
    buyer_sets: tuple[tuple[Test | None, frozenset[int]], ...]
    deliveries: Mapping[int, DeliveryRules]
    payouts: Mapping[int | None, PayoutTerms]
    judges_intake: bool

    def refusal(self, facts: Facts) -> str | None:
        """Give the text of the first line of the filter that refuses a lead; None when none does."""
        for action, test, text in self.filters:
            if action is not FilterAction.QUARANTINE and test(facts) is (action is FilterAction.REJECT):
                return text
        return None

    def holds(self, facts: Facts) -> bool:
        """Tell whether a lead is to be put aside by the filter or by the quarantine's own rule."""
        if self.quarantine is not None and self.quarantine(facts):
            return True
        return any(test(facts) for action, test, _ in self.filters if action is FilterAction.QUARANTINE)

    def buyers(self, facts: Facts) -> frozenset[int] | None:
        """Give the only buyers that a lead may go to; None when no sub-set is meant for it."""
        for test, buyer_ids in self.buyer_sets:
            if test is None or test(facts):
                return buyer_ids
        return None

    def payout(self, supplier_id: int | None) -> PayoutTerms | None:
        """Find a supplier's payout, when rules decide it: its own terms before the campaign's."""
        return self.payouts.get(supplier_id, self.payouts.get(None))


def compile_campaign(campaign: Campaign, lists: Mapping[str, ValueList]) -> CampaignRules:
    """Compile everything that rules decide in a campaign."""
    words = Vocabulary(operands_of(campaign.fields) if any(_rules_of(campaign)) else {}, lists)
    settings = campaign.settings
    filters = tuple(
        (line.action, compile_when_needed(line.rule, words), line.text or FILTERED_TEXT)
        for line in settings.filter
    )
    payouts = _payouts(campaign, words)
    hold = settings.quarantine_rule
    return CampaignRules(
        filters=filters,
        quarantine=None if hold is None else compile_when_needed(hold, words),
        buyer_sets=tuple(
            (_optional(one.rule, words), frozenset(one.buyer_ids)) for one in settings.buyer_sets
        ),
        deliveries={d.id: _delivery(d, words) for d in campaign.deliveries if _has_rules(d)},
        payouts=payouts,
        judges_intake=bool(filters or hold is not None or payouts),
    )


def lists_used(campaigns: Iterable[Campaign]) -> set[str]:
    """Collect the value lists that rules of campaigns name, as they are looked for."""
    return set[str]().union(*(lists_in(rule) for campaign in campaigns for rule in _rules_of(campaign)))


def first_payout(rules: Iterable[tuple[Test | None, PayoutRule]], facts: Facts) -> PayoutRule | None:
    """Find the first payout whose rule matches."""
    return next((rule for test, rule in rules if test is None or test(facts)), None)


def paid(kind: PayoutKind, amount: Decimal, revenue: int, *, by_sale: bool) -> int:
    """Work out an amount or a share of the revenue, in micro-units; without a sale there is no share."""
    if kind is PayoutKind.FIXED:
        return to_micros(amount)
    return share(revenue, amount) if by_sale else 0


def is_within(window: OutOfHours, facts: Facts) -> bool:
    """Tell whether a lead came inside a window of the account's time, whose end is outside."""
    received = facts.received
    if window.days and received.strftime("%A") not in window.days:
        return False
    clock = f"{received:%H:%M}"
    if window.starts <= window.ends:
        return window.starts <= clock < window.ends
    return clock >= window.starts or clock < window.ends


def _payouts(campaign: Campaign, words: Vocabulary) -> dict[int | None, PayoutTerms]:
    """Compile payouts; where any has rules, all are given, since a supplier's own come before the campaign's."""
    stated: dict[int | None, Payout] = {None: campaign.settings.payout}
    stated.update({number: t.payout for number, t in campaign.suppliers.items() if t.payout is not None})
    if not any(payout.rules or payout.out_of_hours for payout in stated.values()):
        return {}
    return {
        supplier_id: PayoutTerms(payout, tuple((_optional(line.rule, words), line) for line in payout.rules))
        for supplier_id, payout in stated.items()
    }


def _delivery(delivery: Delivery, words: Vocabulary) -> DeliveryRules:
    settings = delivery.settings
    rule = settings.rule
    accepts = _optional(rule, words)
    priced = frozenset[str]() if rule is None else priced_in(rule, words.operands)
    return DeliveryRules(
        accepts,
        _optional(without(rule, priced), words) if rule is not None and priced else accepts,
        bool(priced),
        tuple((compile_when_needed(line.rule, words), line.revenue) for line in settings.prices),
        tuple((_optional(line.rule, words), line) for line in settings.payouts),
    )


def _has_rules(delivery: Delivery) -> bool:
    settings = delivery.settings
    return bool(settings.rule is not None or settings.prices or settings.payouts)


def _optional(rule: Rule | None, words: Vocabulary) -> Test | None:
    return None if rule is None else compile_when_needed(rule, words)


def _rules_of(campaign: Campaign) -> Iterator[Rule]:
    settings = campaign.settings
    found = [settings.quarantine_rule, *(line.rule for line in settings.filter)]
    found += [one.rule for one in settings.buyer_sets]
    payouts = [settings.payout, *(terms.payout for terms in campaign.suppliers.values() if terms.payout)]
    found += [line.rule for payout in payouts for line in payout.rules]
    for delivery in campaign.deliveries:
        own = delivery.settings
        found += [own.rule, *(line.rule for line in own.prices), *(line.rule for line in own.payouts)]
    yield from (rule for rule in found if rule is not None)
