"""Who keeps the credit: the rule, and what it comes to over a history of touches (docs/tracking.md). Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from leadyard.affiliates.model import Attribution
from leadyard.people.model import Credit
from leadyard.tracking.model import Touch, TouchSource

NOBODY = Credit()


def credited(before: Credit, touch: Touch, attribution: Attribution, *, is_first: bool) -> Credit:
    """Tell who is credited after a touch: with somebody who came for the first time, or with whom `before` is.

    A person's word always decides. A coupon decides where coupons override, and is one more touch where they do
    not. An affiliate whose link is used again renews what the look-back window would end.
    """
    if touch.source is TouchSource.MANUAL:
        return touch.credit
    after = standing(touch.credit, touch.at, attribution)
    if touch.source is TouchSource.COUPON and after.affiliate_id is None:
        return before
    if touch.source is TouchSource.COUPON and attribution.coupon_override:
        return after
    if is_first:
        return after
    if attribution.first_source_wins:
        return before
    held = standing(before, touch.at, attribution)
    if after.affiliate_id is None:
        return _with_campaign(before, held, after, attribution)
    if held.affiliate_id is None:
        # A campaign that brought somebody by itself is not forgotten when an affiliate brings them again.
        return msgspec.structs.replace(
            after, traffic_campaign_id=after.traffic_campaign_id or held.traffic_campaign_id
        )
    if not attribution.first_affiliate_wins:
        return after
    renews = held.affiliate_id == after.affiliate_id and attribution.look_back_days is not None
    return after if renews and not held.is_manual else before


def _with_campaign(before: Credit, held: Credit, after: Credit, attribution: Attribution) -> Credit:
    """Weigh a touch without an affiliate: a campaign joins where there is none, and follows the rule among its like."""
    if after.traffic_campaign_id is None:
        return before
    if held.affiliate_id is not None:
        if held.traffic_campaign_id is not None:
            return before
        return msgspec.structs.replace(held, traffic_campaign_id=after.traffic_campaign_id)
    if held.traffic_campaign_id is None or not attribution.first_affiliate_wins:
        return after
    return before


def standing(credit: Credit, at: datetime, attribution: Attribution) -> Credit:
    """Give the credit as it counts at a moment: nobody's once the look-back window has passed since its touch."""
    days = attribution.look_back_days
    if days is None or credit.is_manual or credit.at is None or at - credit.at <= timedelta(days=days):
        return credit
    return NOBODY


def counts_as_first(touch: Touch) -> bool:
    """Tell whether a touch can be the first: a coupon that nobody has is no visit."""
    return touch.source is not TouchSource.COUPON or touch.credit.affiliate_id is not None


def recount(history: Iterable[tuple[Touch, Attribution]]) -> Credit:
    """Work out the credit over touches in their order, each under the settings of its moment."""
    credit, has_first = NOBODY, False
    for touch, attribution in history:
        counts = counts_as_first(touch)
        credit = credited(credit, touch, attribution, is_first=counts and not has_first)
        has_first = has_first or counts
    return credit


_FIRST_AFFILIATE, _FIRST_SOURCE, _COUPON, _DAYS = 1, 2, 4, 3


def rule_number(attribution: Attribution) -> int:
    """Write the settings as the small number that each touch keeps of its moment."""
    number = _FIRST_AFFILIATE if attribution.first_affiliate_wins else 0
    number |= _FIRST_SOURCE if attribution.first_source_wins else 0
    number |= _COUPON if attribution.coupon_override else 0
    return number | (attribution.look_back_days or 0) << _DAYS


def read_rule(number: int) -> Attribution:
    """Read the settings that a touch keeps."""
    return Attribution(
        first_affiliate_wins=bool(number & _FIRST_AFFILIATE),
        first_source_wins=bool(number & _FIRST_SOURCE),
        coupon_override=bool(number & _COUPON),
        look_back_days=number >> _DAYS or None,
    )
