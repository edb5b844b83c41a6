"""What each method of distribution does with a lead."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.routing.market import Lead, campaign, delivery, group, ids, reasons, tree

from leadyard.campaigns.distribution import Distribution, Member, Method, Others, SaleTerms
from leadyard.campaigns.model import DeliveryStatus, Trigger, UnknownPolicy
from leadyard.leads.model import AttemptState
from leadyard.routing.offers import Sale
from leadyard.routing.turns import TurnBook


def test_priority_goes_top_down_until_it_is_sold() -> None:
    lead = Lead(campaign([delivery(1, priority=30), delivery(2, priority=10), delivery(3, priority=20)]))
    assert lead.run(lambda number, _: number == 3) == [3]
    assert [t.delivery_id for t in lead.tried] == [2, 3]


def test_priority_may_sell_to_several() -> None:
    several = tree(1, 2, 3, 4, sale=SaleTerms.SHARED, sell_limit=2)
    lead = Lead(campaign([delivery(n) for n in (1, 2, 3, 4)], several))
    assert lead.run(lambda number, _: number != 2) == [1, 3]
    assert {t.sale for t in lead.tried} == {Sale.SHARED}


def test_standard_goes_to_all_that_match_at_once() -> None:
    lead = Lead(
        campaign([delivery(n) for n in (1, 2, 3)], Method.STANDARD),
        gate=lambda offer: "rule mismatch" if offer.delivery.id == 2 else None,
    )
    choice = lead.step()
    assert (ids(choice), reasons(choice)) == ([1, 3], {2: "rule mismatch"})


def test_standard_with_a_limit_fills_up_after_refusals_and_never_passes_it() -> None:
    limited = tree(1, 2, 3, 4, method=Method.STANDARD, sale=SaleTerms.SHARED, sell_limit=2)
    lead = Lead(campaign([delivery(n) for n in (1, 2, 3, 4)], limited))
    assert ids(lead.step()) == [1, 2]
    lead.answer(AttemptState.SOLD, [1])
    lead.answer(AttemptState.REJECTED, [2])
    assert ids(lead.step()) == [3]
    lead.answer(AttemptState.SOLD)
    assert ids(lead.step()) == []


def test_a_shared_sale_that_may_have_been_made_takes_a_place() -> None:
    limited = tree(1, 2, 3, method=Method.STANDARD, sale=SaleTerms.SHARED, sell_limit=2)
    lead = Lead(campaign([delivery(n) for n in (1, 2, 3)], limited))
    lead.step()
    lead.answer(AttemptState.UNKNOWN, [1])
    lead.answer(AttemptState.REJECTED, [2])
    assert ids(lead.step()) == [3]
    lead.answer(AttemptState.REJECTED)
    assert ids(lead.step()) == []


def test_an_exclusive_sale_that_may_have_been_made_holds_the_lead_unless_the_operator_lets_it_go() -> None:
    held = Lead(campaign([delivery(1), delivery(2)]))
    held.step()
    held.answer(AttemptState.UNKNOWN)
    assert ids(held.step()) == []
    moving = Lead(campaign([delivery(1, when_unknown=UnknownPolicy.NEXT), delivery(2)]))
    moving.step()
    moving.answer(AttemptState.UNKNOWN)
    assert ids(moving.step()) == [2]


def test_evenly_weighted_takes_whoever_waited_longest() -> None:
    book, of = TurnBook(), campaign([delivery(n) for n in (1, 2, 3)], Method.EVENLY_WEIGHTED)
    assert [ids(Lead(of, book).step()) for _ in range(7)] == [[1], [2], [3], [1], [2], [3], [1]]


def test_a_refused_lead_goes_to_the_next_in_turn_and_everybody_else_still_gets_an_even_share() -> None:
    book, of = TurnBook(), campaign([delivery(n) for n in (1, 2, 3)], Method.EVENLY_WEIGHTED)
    sold = Counter(Lead(of, book).run(lambda number, _: number != 2)[0] for _ in range(100))
    assert sold == {1: 50, 3: 50}


def test_weights_are_shares() -> None:
    book, of = TurnBook(), campaign([delivery(1, weight=70), delivery(2, weight=30)], Method.WEIGHTED)
    assert Counter(ids(Lead(of, book).step())[0] for _ in range(1000)) == {1: 700, 2: 300}


def test_a_weighted_group_of_groups_shares_between_them_first() -> None:
    shares = Distribution(
        method=Method.WEIGHTED,
        members=(
            Member(group=group(1, 2, method=Method.EVENLY_WEIGHTED), weight=3),
            Member(3, weight=1),
        ),
    )
    book, of = TurnBook(), campaign([delivery(n) for n in (1, 2, 3)], shares)
    assert Counter(ids(Lead(of, book).step())[0] for _ in range(400)) == {1: 150, 2: 150, 3: 100}


def test_a_member_that_was_away_comes_back_level_instead_of_catching_up() -> None:
    book, of = TurnBook(), campaign([delivery(1, weight=1), delivery(2, weight=1)], Method.WEIGHTED)
    for _ in range(50):
        Lead(of, book, gate=lambda offer: "cap" if offer.delivery.id == 2 else None).step()
    assert Counter(ids(Lead(of, book).step())[0] for _ in range(20)) == {1: 10, 2: 10}


def test_hybrid_goes_through_its_groups_in_order() -> None:
    hybrid = tree(
        group(1, 2, method=Method.EVENLY_WEIGHTED),
        group(3, 4, method=Method.STANDARD, sale=SaleTerms.SHARED),
        method=Method.HYBRID,
    )
    lead = Lead(campaign([delivery(n) for n in (1, 2, 3, 4)], hybrid))
    assert lead.run(lambda number, _: number > 2) == [3, 4]
    assert sorted(t.delivery_id for t in lead.tried[:2]) == [1, 2]
    alone = Lead(campaign([delivery(n) for n in (1, 2, 3, 4)], hybrid))
    assert alone.run(lambda *_: True) == [1]


def test_an_exclusive_group_gets_nothing_once_a_shared_one_has_sold() -> None:
    hybrid = tree(group(1, sale=SaleTerms.SHARED), group(2), method=Method.HYBRID)
    lead = Lead(campaign([delivery(1), delivery(2)], hybrid))
    assert lead.run(lambda *_: True) == [1]
    assert lead.last is not None
    assert [one.reason for one in lead.last.considered] == ["the lead is sold already"]


def test_deliveries_outside_an_advanced_distribution_are_barred_and_say_so() -> None:
    lead = Lead(campaign([delivery(1), delivery(2)], tree(1)))
    assert lead.run(lambda *_: False) == []
    assert lead.last is not None
    assert reasons(lead.last) == {2: "not in advanced distribution"}


def test_or_they_run_after_it() -> None:
    lead = Lead(campaign([delivery(1), delivery(2), delivery(3)], tree(3, others=Others.AFTER)))
    assert lead.run(lambda *_: False) == []
    assert [t.delivery_id for t in lead.tried] == [3, 1, 2]


def test_a_sweeper_gets_what_nobody_bought() -> None:
    of = campaign([delivery(1, sweeper=True, priority=1), delivery(2)])
    assert Lead(of).run(lambda *_: True) == [2]
    assert Lead(of).run(lambda number, _: number == 1) == [1]


def test_a_linked_delivery_runs_only_after_the_one_it_follows_and_takes_no_place() -> None:
    of = campaign([delivery(1), delivery(2), delivery(3, after=2)])
    assert Lead(of).run(lambda number, _: number != 1) == [2, 3]
    assert Lead(of).run(lambda number, _: number == 1) == [1]
    refused = Lead(of)
    assert refused.run(lambda number, _: number == 2) == [2]


def test_inactive_and_manual_deliveries_take_no_part() -> None:
    of = campaign(
        [delivery(1, status=DeliveryStatus.INACTIVE), delivery(2, trigger=Trigger.MANUAL), delivery(3)],
        tree(1, 2, 3),
    )
    lead = Lead(of)
    assert lead.run(lambda *_: True) == [3]
    assert dict(lead.route.absent) == {1: "delivery is inactive", 2: "triggered by hand"}


def test_a_manual_delivery_is_sent_when_it_is_triggered_even_after_a_sale() -> None:
    lead = Lead(campaign([delivery(1), delivery(2, trigger=Trigger.MANUAL)]))
    lead.run(lambda *_: True)
    assert ids(lead.step(only=2)) == [2]
    lead.answer(AttemptState.SOLD)
    assert ids(lead.step(only=2)) == []


def test_one_that_waits_goes_before_the_others() -> None:
    lead = Lead(campaign([delivery(n) for n in (1, 2, 3)], Method.EVENLY_WEIGHTED))
    lead.step()
    lead.answer(AttemptState.WAITING)
    assert ids(lead.step()) == [1]


def test_when_only_closed_ones_are_left_the_lead_is_looked_at_again() -> None:
    later = datetime(2026, 1, 1, tzinfo=UTC)
    lead = Lead(
        campaign([delivery(1), delivery(2, sweeper=True)]),
        gate=lambda offer: later if offer.delivery.id == 1 else None,
    )
    choice = lead.step()
    assert (choice.sends, choice.again_at) == ([], later)


@pytest.mark.parametrize("method", list(Method))
def test_a_campaign_without_deliveries_sends_nothing_by_any_method(method: Method) -> None:
    choice = Lead(campaign([], method)).step()
    assert (choice.sends, choice.skipped, choice.asks, choice.again_at) == ([], [], [], None)


def test_prices_are_those_of_the_kind_of_sale() -> None:
    one = delivery(1, revenue=Decimal(9), exclusive_price=Decimal(12), shared_price=Decimal(5))
    assert Lead(campaign([one])).step().sends[0].price == 12_000_000
    assert Lead(campaign([one], Method.STANDARD)).step().sends[0].price == 5_000_000
    assert Lead(campaign([delivery(1)], Method.STANDARD)).step().sends[0].price == 10_000_000
