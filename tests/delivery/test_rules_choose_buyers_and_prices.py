"""Rules of deliveries and sub-sets of buyers say who gets a lead, what it costs and what its supplier is paid."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.desk import Desk, new_desk
from tests.routing.rules.settings import when

from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import Distribution, Member, Method, SaleTerms
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps, Payout, PayoutKind, SupplierTerms, Trigger
from leadyard.campaigns.rule_settings import BuyerSet, PayoutRule, PriceRule
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.storage.database import Database

LONDON = when("postcode", "begins with in list", ["SW1", "N1"])
ABERDEEN = {"values": {"postcode": "AB10 1AB"}}
WESTMINSTER = {"values": {"postcode": "SW1A 1AA"}}


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def attempts(desk: Desk, lead_id: int) -> list[tuple[int, AttemptState, str]]:
    return [(a.delivery_id, a.state, a.reason) for a in (await desk.view(lead_id)).attempts]


async def test_a_delivery_whose_rule_does_not_match_is_skipped(desk: Desk) -> None:
    campaign = await desk.campaign()
    first = await desk.delivery(campaign.id, await desk.buyer(), priority=1, rule=LONDON)
    second = await desk.delivery(campaign.id, await desk.buyer(), priority=2)
    (inside,) = await desk.sold(1, **WESTMINSTER)
    (outside,) = await desk.sold(2, **ABERDEEN)

    assert [a[:2] for a in await attempts(desk, inside)] == [(first.id, AttemptState.SOLD)]
    assert [a[:2] for a in await attempts(desk, outside)] == [
        (first.id, AttemptState.SKIPPED),
        (second.id, AttemptState.SOLD),
    ]
    assert (await attempts(desk, outside))[0][2] == "rule mismatch"
    assert await desk.differences() == []


async def test_a_lead_that_no_rule_wants_is_unsold_and_leaves_the_caps_alone(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer(), rule=LONDON)
    (lead_id,) = await desk.sold(1, **ABERDEEN)

    view = await desk.view(lead_id)
    assert (view.lead.sale_status, view.delivery_status) == (SaleStatus.UNSOLD, "Skipped")
    assert await desk.differences() == []


async def test_a_rule_binds_a_delivery_that_is_triggered_by_hand_too(desk: Desk) -> None:
    campaign = await desk.campaign()
    by_hand = await desk.delivery(campaign.id, await desk.buyer(), rule=LONDON, trigger=Trigger.MANUAL)
    inside, outside = await desk.sold(1, **WESTMINSTER) + await desk.sold(2, **ABERDEEN)
    for lead_id in (inside, outside):
        await desk.leads.trigger(desk.principal, lead_id, [by_hand.id])
    await desk.work()

    assert [a[1] for a in await attempts(desk, inside)] == [AttemptState.SOLD]
    assert await attempts(desk, outside) == [(by_hand.id, AttemptState.SKIPPED, "rule mismatch")]


async def test_the_first_price_whose_rule_matches_counts(desk: Desk) -> None:
    campaign = await desk.campaign()
    prices = (
        PriceRule(LONDON, Decimal("20.00")),
        PriceRule(when("postcode", "is not empty"), Decimal("9.99")),
    )
    await desk.delivery(campaign.id, await desk.buyer(), revenue=Decimal(5), prices=prices)
    ids = [
        *await desk.sold(1, **WESTMINSTER),
        *await desk.sold(2, **ABERDEEN),
        *await desk.sold(3),
    ]

    assert [(await desk.view(i)).lead.revenue for i in ids] == [20_000_000, 9_990_000, 5_000_000]
    assert await desk.differences() == []


async def test_a_rule_sees_what_the_lead_would_cost_at_its_delivery(desk: Desk) -> None:
    campaign = await desk.campaign()
    prices = (PriceRule(LONDON, Decimal("20.00")),)
    dear = when("revenue", "at least", 15)
    await desk.delivery(campaign.id, await desk.buyer(), prices=prices, rule=dear)
    (inside,), (outside,) = await desk.sold(1, **WESTMINSTER), await desk.sold(2, **ABERDEEN)

    assert [a[1] for a in await attempts(desk, inside)] == [AttemptState.SOLD]
    assert [a[1] for a in await attempts(desk, outside)] == [AttemptState.SKIPPED]


async def test_a_rule_sees_the_price_of_the_kind_of_sale_in_which_the_lead_is_offered(desk: Desk) -> None:
    campaign = await desk.campaign()
    prices: dict[str, Any] = {
        "revenue": Decimal(5),
        "shared_price": Decimal(8),
        "exclusive_price": Decimal(20),
    }
    made = [
        await desk.delivery(campaign.id, await desk.buyer(), rule=when("revenue", "is", price), **prices)
        for price in (8, 5, 20)
    ]
    shared = Distribution(
        method=Method.STANDARD, sale=SaleTerms.SHARED, members=tuple(Member(one.id) for one in made)
    )
    await setup.campaigns.update(
        desk.database, desk.actor, campaign.id, {"settings": {"distribution": msgspec.to_builtins(shared)}}
    )
    (lead_id,) = await desk.sold(1)

    assert {(a[0], a[1]) for a in await attempts(desk, lead_id)} == {
        (made[0].id, AttemptState.SOLD),
        (made[1].id, AttemptState.SKIPPED),
        (made[2].id, AttemptState.SKIPPED),
    }


async def test_a_delivery_pays_the_supplier_by_rule_before_the_terms(desk: Desk) -> None:
    campaign = await desk.campaign()
    payouts = (
        PayoutRule(Decimal(50), PayoutKind.PERCENT, LONDON),
        PayoutRule(Decimal(7), PayoutKind.FIXED, when("revenue", "greater than", 12)),
    )
    await desk.delivery(campaign.id, await desk.buyer(), revenue=Decimal("12.01"), payouts=payouts)
    (inside,), (outside,) = await desk.sold(1, **WESTMINSTER), await desk.sold(2, **ABERDEEN)

    assert [(await desk.view(i)).lead.payout for i in (inside, outside)] == [6_005_000, 7_000_000]
    assert await desk.differences() == []


async def test_a_suppliers_payout_by_rule_comes_before_the_campaigns(desk: Desk) -> None:
    by_rule = Payout(amount=Decimal(2), rules=(PayoutRule(Decimal(6), rule=LONDON),))
    campaign = await desk.campaign(payout=by_rule)
    await desk.delivery(campaign.id, await desk.buyer())
    (first,), (second,) = await desk.sold(1, **WESTMINSTER), await desk.sold(2, **ABERDEEN)
    own = SupplierTerms(payout=Payout(kind=PayoutKind.PERCENT, amount=Decimal(10)))
    await setup.put_terms(desk.database, desk.actor, campaign.id, 1, own)
    (third,) = await desk.sold(3, **WESTMINSTER)

    amounts = [(await desk.view(i)).lead.payout for i in (first, second, third)]
    assert amounts == [6_000_000, 2_000_000, 1_250_000]
    assert await desk.differences() == []


async def test_the_first_sub_set_that_matches_names_the_only_buyers(desk: Desk) -> None:
    campaign = await desk.campaign()
    one, other = await desk.buyer(), await desk.buyer()
    await desk.delivery(campaign.id, one, priority=1)
    second = await desk.delivery(campaign.id, other, priority=2)
    sets = [{"rule": {"operand": "postcode", "operator": "begins with", "value": "SW"}, "buyer_ids": [other]}]
    patch = {"settings": {"buyer_sets": sets}}
    await setup.campaigns.update(desk.database, desk.actor, campaign.id, patch)
    (inside,), (outside,) = await desk.sold(1, **WESTMINSTER), await desk.sold(2, **ABERDEEN)

    seen = await attempts(desk, inside)
    assert (seen[0][1:], seen[1][:2]) == (
        (AttemptState.SKIPPED, "not in advanced distribution"),
        (second.id, AttemptState.SOLD),
    )
    assert [a[1] for a in await attempts(desk, outside)] == [AttemptState.SOLD]


async def test_a_sub_set_does_not_bind_what_somebody_triggers_by_hand(desk: Desk) -> None:
    inside, outside = await desk.buyer(), await desk.buyer()
    campaign = await desk.campaign(buyer_sets=(BuyerSet((inside,)),))
    by_hand = await desk.delivery(campaign.id, outside, trigger=Trigger.MANUAL)
    (lead_id,) = await desk.sold(1)
    await desk.leads.trigger(desk.principal, lead_id, [by_hand.id])
    await desk.work()

    assert [a[1] for a in await attempts(desk, lead_id)] == [AttemptState.SOLD]


async def test_a_changed_list_counts_for_the_next_lead(desk: Desk) -> None:
    document = {"reference": "AREAS", "values": ["SW1"]}
    made = await setup.value_lists.create(desk.database, desk.actor, document)
    campaign = await desk.campaign()
    rule = when("postcode", "begins with in list", list="areas")
    await desk.delivery(campaign.id, await desk.buyer(), rule=rule)
    (first,) = await desk.sold(1, **ABERDEEN)
    await setup.value_lists.update(desk.database, desk.actor, made.id, {"lines": "SW1\nAB10\n"})
    (second,) = await desk.sold(2, **ABERDEEN)

    assert [a[1] for a in await attempts(desk, first)] == [AttemptState.SKIPPED]
    assert [a[1] for a in await attempts(desk, second)] == [AttemptState.SOLD]


async def test_a_cap_on_payouts_counts_what_the_rule_pays(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(
        campaign.id,
        await desk.buyer(),
        payouts=(PayoutRule(Decimal(10), PayoutKind.FIXED, when("postcode", "is not empty")),),
        caps=Caps(payout=AmountCaps(total=Decimal(25))),
    )
    await desk.sold(1, 2, 3, 4, **WESTMINSTER)

    leads = await desk.rows("leads")
    assert sorted(lead["payout"] for lead in leads) == [0, 0, 10_000_000, 10_000_000]
    assert await desk.differences() == []
