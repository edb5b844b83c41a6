"""Caps by period, weekday and measure: which counters a lead raises, and how far they go."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.campaigns.limits import (
    AmountCaps,
    CapScope,
    CountedChannels,
    CountedLeads,
    WeekdayAmounts,
    WeekdayCaps,
)
from leadyard.campaigns.model import (
    AcceptOn,
    Buyer,
    BuyerSettings,
    Campaign,
    CampaignSettings,
    Caps,
    Delivery,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    Status,
    SupplierTerms,
)
from leadyard.campaigns.terms import system_payout
from leadyard.leads.model import Channel
from leadyard.routing.caps import CapGate, CapOwner, CapUse, Measure, Period, cap_uses
from leadyard.routing.sale_caps import SoughtSale, attempt_uses, intake_uses

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
MILLION = 1_000_000
NO_CAPS = Caps()


def campaign(caps: Caps = NO_CAPS, terms: Caps = NO_CAPS, **settings: object) -> Campaign:
    usual = CampaignSettings(payout=Payout(amount=Decimal(4)), revenue=Decimal(10), caps=caps)
    return Campaign(
        9,
        "A",
        "A",
        Status.ACTIVE,
        msgspec.structs.replace(usual, **settings),
        suppliers={1: SupplierTerms(caps=terms)},
        deliveries=(delivery(),),
    )


def delivery(caps: Caps = NO_CAPS) -> Delivery:
    return Delivery(7, 9, 4, "D", DeliveryStatus.ACTIVE, DeliverySettings(caps=caps))


def buyer(caps: Caps = NO_CAPS) -> Buyer:
    return Buyer(4, "33", "B", Status.ACTIVE, BuyerSettings(caps=caps))


def at_intake(wanted: Campaign, channel: Channel = Channel.REST) -> list[CapUse]:
    return intake_uses(1, wanted, 1, channel, system_payout(wanted, 1), at=MONDAY, zone=LONDON)


def at_sale(wanted: Campaign, caps: Caps = NO_CAPS, bought: Caps = NO_CAPS, **sale: object) -> list[CapUse]:
    sought = msgspec.structs.replace(SoughtSale(1, Channel.REST, True, 10 * MILLION), **sale)
    return attempt_uses(1, wanted, delivery(caps), buyer(bought), sought, at=MONDAY, zone=LONDON)


def shown(uses: list[CapUse]) -> list[tuple[CapOwner, str, int, int]]:
    return [(use.key.owner, use.key.period.name, use.limit, use.amount) for use in uses]


@pytest.mark.parametrize(
    ("day", "monday", "limit"), [(5, 3, 3), (3, 5, 3), (0, 3, 3), (5, 0, 5)]
)  # fmt: skip
def test_a_day_has_the_tighter_of_its_own_limit_and_its_weekdays(day: int, monday: int, limit: int) -> None:
    caps = Caps(day=day, weekdays=WeekdayCaps(monday=monday))
    uses = cap_uses(1, caps, CapOwner.DELIVERY, 7, 0, at=MONDAY, zone=LONDON)
    assert shown(uses) == [(CapOwner.DELIVERY, "DAY", limit, 1)]


def test_a_weekday_counts_by_the_accounts_clock() -> None:
    caps = Caps(weekdays=WeekdayCaps(monday=3))
    late_on_sunday = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    assert not cap_uses(1, caps, CapOwner.BUYER, 4, 0, at=late_on_sunday, zone=LONDON)
    auckland = ZoneInfo("Pacific/Auckland")
    assert cap_uses(1, caps, CapOwner.BUYER, 4, 0, at=late_on_sunday, zone=auckland)


def test_a_sale_raises_counts_and_money_of_delivery_buyer_supplier_and_campaign() -> None:
    money = Caps(day=2, revenue=AmountCaps(month=Decimal(50)), payout=AmountCaps(total=Decimal(20)))
    uses = at_sale(campaign(money, money), money, money)
    owners = (CapOwner.DELIVERY, CapOwner.BUYER, CapOwner.CAMPAIGN, CapOwner.SUPPLIER)
    expected: list[tuple[CapOwner, str, int, int]] = []
    for owner in owners:
        if owner in (CapOwner.DELIVERY, CapOwner.BUYER):
            expected.append((owner, "DAY", 2, 1))
        expected.append((owner, "REVENUE_MONTH", 50 * MILLION, 10 * MILLION))
        expected.append((owner, "PAYOUT_TOTAL", 20 * MILLION, 4 * MILLION))
    assert shown(uses) == expected


def test_a_weekdays_amount_tightens_the_days() -> None:
    caps = Caps(revenue=AmountCaps(day=Decimal(50), weekdays=WeekdayAmounts(monday=Decimal("12.5"))))
    assert shown(at_sale(campaign(), caps)) == [(CapOwner.DELIVERY, "REVENUE_DAY", 12_500_000, 10 * MILLION)]


def test_only_the_first_sale_pays_out_and_makes_a_lead_approved() -> None:
    caps = Caps(day=5, payout=AmountCaps(day=Decimal(20)))
    scope = CapScope(leads=CountedLeads.APPROVED)
    wanted = campaign(caps, caps_count=scope)
    assert shown(at_sale(wanted)) == [
        (CapOwner.CAMPAIGN, "APPROVED_DAY", 5, 1),
        (CapOwner.CAMPAIGN, "PAYOUT_DAY", 20 * MILLION, 4 * MILLION),
    ]
    assert not at_sale(wanted, is_first=False)
    assert shown(at_intake(wanted)) == [
        (CapOwner.CAMPAIGN, "APPROVED_DAY", 5, 0),
        (CapOwner.CAMPAIGN, "PAYOUT_DAY", 20 * MILLION, 0),
    ]


def test_on_system_accept_a_valid_lead_counts_as_approved_and_pays_at_once() -> None:
    caps = Caps(day=5, payout=AmountCaps(day=Decimal(20)))
    scope = CapScope(leads=CountedLeads.APPROVED)
    wanted = campaign(caps, caps_count=scope, accept_on=AcceptOn.SYSTEM)
    assert shown(at_intake(wanted)) == [
        (CapOwner.CAMPAIGN, "DAY", 5, 1),
        (CapOwner.CAMPAIGN, "PAYOUT_DAY", 20 * MILLION, 4 * MILLION),
    ]
    assert not at_sale(wanted)


@pytest.mark.parametrize(
    ("counted", "channel", "counts"),
    [
        (CountedChannels.BOTH, Channel.IMPORT, True),
        (CountedChannels.API, Channel.REST, True),
        (CountedChannels.API, Channel.CLASSIC, True),
        (CountedChannels.API, Channel.IMPORT, False),
        (CountedChannels.IMPORTS, Channel.REST, False),
        (CountedChannels.IMPORTS, Channel.IMPORT, True),
    ],
)
def test_a_campaigns_caps_count_the_channels_that_they_are_set_to(
    counted: CountedChannels, channel: Channel, counts: bool
) -> None:
    caps = Caps(day=5, revenue=AmountCaps(day=Decimal(20)))
    wanted = campaign(caps, caps, caps_count=CapScope(channels=counted))
    assert bool(at_intake(wanted, channel)) is counts
    assert bool(at_sale(wanted, channel=channel)) is counts


def test_a_lead_no_sale_of_which_would_fit_finds_the_campaigns_cap_full() -> None:
    uses = at_intake(campaign(Caps(revenue=AmountCaps(day=Decimal(25)))))
    assert CapGate({uses[0].key: 15 * MILLION}, {uses[0].key: 0}).full(uses) is None
    assert CapGate({uses[0].key: 15 * MILLION + 1}, {uses[0].key: 0}).full(uses) == uses[0]


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 300))
def test_what_a_gate_lets_through_never_passes_the_limit(prices: list[int], limit: int) -> None:
    uses = at_sale(campaign(), Caps(revenue=AmountCaps(day=Decimal(limit))))
    gate = CapGate({uses[0].key: 0}, {uses[0].key: 0})
    passed = 0
    for price in prices:
        wanted = at_sale(campaign(), Caps(revenue=AmountCaps(day=Decimal(limit))), price=price * MILLION)
        if gate.full(wanted) is None:
            gate.take(wanted)
            passed += price
        else:
            assert passed + price > limit
    assert passed <= limit
    assert sum(gate.moves.values()) == passed * MILLION


def test_every_counter_has_a_measure_and_an_interval() -> None:
    assert {(p.measure, p.interval) for p in Period} == {
        (measure, interval) for measure in Measure for interval in ("hour", "day", "week", "month", "total")
    }
    assert Period.REVENUE_DAY.words == "day revenue"
    assert Period.APPROVED_DAY.words == Period.DAY.words == "day"


def test_a_tie_of_periods_begins_where_the_accounts_clock_says() -> None:
    caps = Caps(hour=1, day=1, week=1, month=1, total=1)
    uses = cap_uses(1, caps, CapOwner.BUYER, 4, 0, at=MONDAY + timedelta(minutes=20), zone=LONDON)
    starts = [use.key.start for use in uses]
    assert starts == [
        MONDAY,
        datetime(2026, 11, 16, tzinfo=UTC),
        datetime(2026, 11, 16, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
    ]
