"""Best price, break-even and minimum margins."""

from decimal import Decimal

from tests.routing.market import Lead, campaign, delivery, ids, reasons, tree

from leadyard.campaigns.distribution import MarginRule, Method, SaleTerms
from leadyard.campaigns.model import AcceptOn
from leadyard.leads.model import AttemptState
from leadyard.routing.offers import Sale

BEST = tree(1, 2, 3, 4, sale=SaleTerms.HYBRID, best_price=True, sell_limit=3)


def alone(number: int, price: str) -> object:
    return delivery(number, exclusive_price=Decimal(price))


def several(number: int, price: str) -> object:
    return delivery(number, shared_price=Decimal(price))


def test_shared_sales_are_made_when_together_they_bring_more() -> None:
    deliveries = [alone(1, "20"), several(2, "8"), several(3, "9"), several(4, "7")]
    lead = Lead(campaign(deliveries, BEST))  # type: ignore[arg-type]
    assert lead.run(lambda *_: True) == [3, 2, 4]
    assert {t.sale for t in lead.tried} == {Sale.SHARED}


def test_the_exclusive_sale_is_made_when_it_brings_more_and_the_trace_says_so() -> None:
    deliveries = [alone(1, "30"), several(2, "8"), several(3, "9"), several(4, "7")]
    lead = Lead(campaign(deliveries, BEST))  # type: ignore[arg-type]
    choice = lead.step()
    assert (ids(choice), choice.sends[0].sale) == ([1], Sale.EXCLUSIVE)
    assert choice.notes == ["shared sales bring no more than the exclusive one: 24 GBP against 30 GBP"]
    lead.answer(AttemptState.REJECTED)
    assert ids(lead.step()) == [3]


def test_the_trace_says_so_too_when_the_best_price_is_not_asked_for() -> None:
    hybrid = tree(1, 2, 3, 4, sale=SaleTerms.HYBRID, sell_limit=3)
    deliveries = [alone(1, "20.50"), several(2, "8"), several(3, "9"), several(4, "7.25")]
    choice = Lead(campaign(deliveries, hybrid, currency="EUR")).step()  # type: ignore[arg-type]
    assert (ids(choice), choice.sends[0].sale) == ([1], Sale.EXCLUSIVE)
    (note,) = choice.notes
    assert note.startswith("shared sales bring more than the exclusive one: 24.25 EUR against 20.5 EUR;")
    dear = [alone(1, "30"), *deliveries[1:]]
    assert Lead(campaign(dear, hybrid)).step().notes == []  # type: ignore[arg-type]


def test_a_comparison_that_decides_nothing_passes_nobody_over() -> None:
    hybrid = tree(1, 2, 3, 4, sale=SaleTerms.HYBRID, sell_limit=3)
    deliveries = [alone(1, "20"), alone(2, "30"), several(3, "25"), several(4, "9")]
    lead = Lead(
        campaign(deliveries, hybrid),  # type: ignore[arg-type]
        gate=lambda offer: "cap" if offer.delivery.id == 2 else None,
    )
    choice = lead.step()
    assert (ids(choice), choice.skipped) == ([1], [])
    assert "34 GBP against 20 GBP" in choice.notes[0]


def test_only_those_that_pass_the_gates_count_towards_the_best_price() -> None:
    deliveries = [alone(1, "20"), several(2, "8"), several(3, "9"), several(4, "7")]
    lead = Lead(
        campaign(deliveries, BEST),  # type: ignore[arg-type]
        gate=lambda offer: "cap" if offer.delivery.id == 3 else None,
    )
    assert ids(lead.step()) == [1]


def test_a_hybrid_sale_tries_the_exclusive_buyers_first_unless_the_best_price_is_asked_for() -> None:
    hybrid = tree(1, 2, 3, sale=SaleTerms.HYBRID, sell_limit=2)
    both = delivery(1, exclusive_price=Decimal(3), shared_price=Decimal(2))
    lead = Lead(campaign([both, several(2, "8"), several(3, "9")], hybrid))  # type: ignore[list-item]
    assert lead.run(lambda _, sale: sale is Sale.SHARED) == [1, 2]
    assert [(t.delivery_id, t.sale) for t in lead.tried] == [
        (1, Sale.EXCLUSIVE),
        (1, Sale.SHARED),
        (2, Sale.SHARED),
    ]


def test_nothing_is_sold_below_payout_and_costs() -> None:
    rule = MarginRule(break_even=True)
    of = campaign([delivery(1, revenue=Decimal("3.99")), delivery(2, revenue=Decimal("4.50"))], margin=rule)
    choice = Lead(of, costs=500_000).step()
    assert (ids(choice), reasons(choice)) == ([2], {1: "margin"})
    assert ids(Lead(of, costs=500_001).step()) == []


def test_on_system_accept_the_payout_that_is_owed_already_counts_too() -> None:
    of = campaign(
        [delivery(1, revenue=Decimal("3.99"))], margin=MarginRule(break_even=True), accept_on=AcceptOn.SYSTEM
    )
    assert reasons(Lead(of).step()) == {1: "margin"}


def test_a_minimum_margin_is_an_amount_or_a_percentage_whichever_is_more() -> None:
    amount = campaign([delivery(1)], margin=MarginRule(minimum=Decimal("6.01")))
    percent = campaign([delivery(1)], margin=MarginRule(minimum_percent=Decimal("60.1")))
    fits = campaign([delivery(1)], margin=MarginRule(minimum=Decimal(6), minimum_percent=Decimal(60)))
    assert [ids(Lead(of).step()) for of in (amount, percent, fits)] == [[], [], [1]]


def test_a_deliverys_own_rule_replaces_the_campaigns() -> None:
    strict = MarginRule(minimum=Decimal(9))
    of = campaign([delivery(1, margin=MarginRule()), delivery(2)], margin=strict)
    assert ids(Lead(of).step()) == [1]


def test_shared_sales_are_judged_by_what_they_can_bring_together() -> None:
    rule = MarginRule(break_even=True)
    deliveries = [delivery(n, revenue=Decimal("1.50")) for n in (1, 2, 3)]
    assert ids(Lead(campaign(deliveries, Method.STANDARD, margin=rule)).step()) == [1, 2, 3]
    assert ids(Lead(campaign(deliveries[:2], Method.STANDARD, margin=rule)).step()) == []
