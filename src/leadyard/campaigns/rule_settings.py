"""Settings that hold rules: filters, prices, payouts and sub-sets of buyers."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.routing.rules.model import Rule

Money = Annotated[Decimal, Meta(description="An exact amount from 0 to 1,000,000,000, as text or number.")]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="HH:MM")]


class PayoutKind(StrEnum):
    """How a payout is worked out."""

    FIXED = "fixed"
    PERCENT = "percent"


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class FilterAction(StrEnum):
    """What a campaign's filter does: refuses all but the leads that match, refuses those, or puts them aside."""

    ACCEPT = "accept only if"
    REJECT = "reject"
    QUARANTINE = "quarantine"


class FilterRule(msgspec.Struct, frozen=True):
    """One line of a campaign's filter; `text` is what a refused sender is told."""

    rule: Rule
    action: FilterAction = FilterAction.REJECT
    text: Annotated[str, Meta(max_length=255)] = ""


class PriceRule(msgspec.Struct, frozen=True):
    """What a buyer pays for the leads that match."""

    rule: Rule
    revenue: Money


class PayoutRule(msgspec.Struct, frozen=True):
    """What a supplier is paid for the leads that match; without a rule for every lead."""

    amount: Money
    kind: PayoutKind = PayoutKind.FIXED
    rule: Rule | None = None


class OutOfHours(msgspec.Struct, frozen=True):
    """A fixed payout for leads received from `starts` until before `ends`, account time; it may go over midnight.

    `days` are those on which the lead is received; none named means every day.
    """

    starts: ClockTime
    ends: ClockTime
    amount: Money
    days: Annotated[tuple[Weekday, ...], Meta(max_length=7)] = ()


class BuyerSet(msgspec.Struct, frozen=True):
    """The only buyers that leads which match may go to; without a rule all leads match."""

    buyer_ids: Annotated[tuple[int, ...], Meta(min_length=1, max_length=1000)]
    rule: Rule | None = None


FilterRules = Annotated[tuple[FilterRule, ...], Meta(max_length=100)]
PriceRules = Annotated[tuple[PriceRule, ...], Meta(max_length=100)]
PayoutRules = Annotated[tuple[PayoutRule, ...], Meta(max_length=100)]
BuyerSets = Annotated[tuple[BuyerSet, ...], Meta(max_length=100)]
