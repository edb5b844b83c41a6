"""How bids are compared, and who gets the lead."""

from collections import Counter
from decimal import Decimal

from tests.routing.market import Lead, campaign, delivery, ids, pinged, reasons, tree

from leadyard.campaigns.distribution import AuctionTerms, MarginRule, Method, SaleTerms
from leadyard.campaigns.model import Buyer, BuyerSettings, Status
from leadyard.leads.model import AttemptState
from leadyard.routing.trace import OUTBID
from leadyard.routing.turns import TurnBook


def asked(lead: Lead) -> list[int]:
    return [offer.delivery.id for offer in lead.step().asks]


def test_all_that_pass_the_gates_are_asked_at_once_and_the_best_bid_gets_the_lead() -> None:
    lead = Lead(
        campaign([pinged(1), pinged(2), pinged(3), pinged(4)], Method.AUCTION),
        gate=lambda offer: "rule mismatch" if offer.delivery.id == 4 else None,
    )
    assert asked(lead) == [1, 2, 3]
    lead.bid({1: "7", 2: "9.25", 3: None})
    choice = lead.step()
    assert (ids(choice), choice.sends[0].price) == ([2], 9_250_000)
    assert reasons(choice) == {3: "no thanks"}
    assert [one.delivery_id for one in choice.considered if one.verdict == OUTBID] == [1]
    lead.answer(AttemptState.REJECTED)
    assert ids(lead.step()) == [1]


def test_bids_are_compared_after_margin_and_penalty() -> None:
    terms = AuctionTerms(margin_percent=Decimal(10))
    lead = Lead(campaign([pinged(1, penalty=Decimal(2)), pinged(2)], Method.AUCTION, auction=terms))
    asked(lead)
    lead.bid({1: "10", 2: "8"})
    choice = lead.step()
    assert [(o.delivery.id, o.net, o.price) for o in choice.sends] == [(2, 7_200_000, 8_000_000)]


def test_a_buyers_own_penalty_comes_off_the_bids_of_all_its_deliveries() -> None:
    lead = Lead(campaign([pinged(1, penalty=Decimal(1)), pinged(2)], Method.AUCTION))
    terms = BuyerSettings(penalty=Decimal("1.50"))
    lead.buyers = {101: Buyer(101, "1", "A", Status.ACTIVE, terms)}
    lead.bid({1: "10", 2: "8"})
    (offer,) = lead.step().sends
    assert (offer.delivery.id, offer.net) == (2, 8_000_000)
    lead.answer(AttemptState.REJECTED)
    (offer,) = lead.step().sends
    assert (offer.delivery.id, offer.net) == (1, 7_500_000)


def test_a_bid_that_margin_and_penalty_eat_up_is_none() -> None:
    lead = Lead(campaign([pinged(1, penalty=Decimal(5))], Method.AUCTION))
    asked(lead)
    lead.bid({1: "5"})
    assert reasons(lead.step()) == {1: "margin"}


def test_a_bid_below_payout_and_costs_is_passed_over_for_break_even() -> None:
    lead = Lead(campaign([pinged(1), pinged(2)], Method.AUCTION, margin=MarginRule(break_even=True)))
    asked(lead)
    lead.bid({1: "3.99", 2: "3"})
    assert reasons(lead.step()) == {1: "margin", 2: "margin"}


def test_equal_bids_take_turns() -> None:
    book, of = TurnBook(), campaign([pinged(1), pinged(2), pinged(3)], Method.AUCTION)
    winners: Counter[int] = Counter()
    for _ in range(90):
        lead = Lead(of, book)
        lead.step()
        lead.bid({1: "5", 2: "5", 3: "5"})
        winners[ids(lead.step())[0]] += 1
    assert winners == {1: 30, 2: 30, 3: 30}


def test_a_fixed_price_is_a_bid_that_needs_no_asking() -> None:
    of = campaign([pinged(1), delivery(2, revenue=Decimal(6))], Method.AUCTION)
    lead = Lead(of)
    assert asked(lead) == [1]
    lead.bid({1: "5.99"})
    assert ids(lead.step()) == [2]
    without = Lead(
        campaign([delivery(1, revenue=Decimal(3)), delivery(2, revenue=Decimal(6))], Method.AUCTION)
    )
    assert ids(without.step()) == [2]


def test_an_auction_may_sell_to_several_in_order_of_their_bids() -> None:
    shared = tree(1, 2, 3, method=Method.AUCTION, sale=SaleTerms.SHARED, sell_limit=2)
    lead = Lead(campaign([pinged(n) for n in (1, 2, 3)], shared))
    lead.step()
    lead.bid({1: "1", 2: "3", 3: "2"})
    assert lead.run(lambda *_: True) == [2, 3]


def test_a_gate_that_closes_between_bid_and_post_is_heeded() -> None:
    closed: set[int] = set()
    lead = Lead(
        campaign([pinged(1), pinged(2)], Method.AUCTION),
        gate=lambda offer: "buyer cap (day)" if offer.delivery.id in closed else None,
    )
    lead.step()
    lead.bid({1: "9", 2: "5"})
    closed.add(1)
    choice = lead.step()
    assert (ids(choice), reasons(choice)) == ([2], {1: "buyer cap (day)"})


def test_outside_auctions_a_delivery_is_asked_when_its_turn_comes() -> None:
    lead = Lead(campaign([delivery(1), pinged(2), pinged(3)]))
    assert ids(lead.step()) == [1]
    lead.answer(AttemptState.REJECTED)
    assert asked(lead) == [2]
    lead.bid({2: None})
    assert asked(lead) == [3]
    lead.bid({3: "8"})
    choice = lead.step()
    assert (ids(choice), choice.sends[0].price) == ([3], 8_000_000)


def test_when_bids_have_lapsed_those_that_are_left_are_asked_again() -> None:
    lead = Lead(campaign([pinged(1), pinged(2)], Method.AUCTION))
    lead.step()
    lead.bid({1: "9", 2: "5"})
    lead.step()
    lead.answer(AttemptState.REJECTED)
    lead.bids.clear()
    assert asked(lead) == [2]


def test_a_bid_that_a_gate_has_no_room_for_is_passed_over_for_the_next() -> None:
    lead = Lead(
        campaign([pinged(1), pinged(2), pinged(3)], Method.AUCTION),
        gate=lambda offer: "credit" if offer.price > 12_000_000 else None,
    )
    assert asked(lead) == [1, 2, 3]
    lead.bid({1: "11", 2: "12.01", 3: "12"})
    choice = lead.step()
    assert (ids(choice), choice.sends[0].price, reasons(choice)) == ([3], 12_000_000, {2: "credit"})


def test_outside_auctions_too_a_bid_that_a_gate_has_no_room_for_is_passed_over() -> None:
    lead = Lead(
        campaign([pinged(1), delivery(2)]), gate=lambda offer: "credit" if offer.price > 12_000_000 else None
    )
    assert asked(lead) == [1]
    lead.bid({1: "12.01"})
    choice = lead.step()
    assert (ids(choice), reasons(choice)) == ([2], {1: "credit"})
