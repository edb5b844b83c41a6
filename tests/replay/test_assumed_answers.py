"""Assumed answers: whole leads, spread evenly, never half a lead away from the share."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from leadyard.campaigns.model import Delivery, DeliveryKind, DeliverySettings, DeliveryStatus
from leadyard.replay.assuming import Assumptions
from leadyard.replay.model import Habit, Untried

DELIVERY = Delivery(1, 1, 1, "one", DeliveryStatus.ACTIVE, DeliverySettings(kind=DeliveryKind.HTTP))


@given(asked=st.integers(1, 500), share=st.fractions(0, 1), leads=st.integers(1, 300))
def test_the_share_holds_after_any_number_of_leads(asked: int, share: Fraction, leads: int) -> None:
    taken = round(asked * share)
    assumed = Assumptions({1: Habit(asked, taken)}, Untried.SHARE)
    count = 0
    for number in range(1, leads + 1):
        count += assumed.takes(DELIVERY)
        assert abs(count - Fraction(number * taken, asked)) <= Fraction(1, 2)


def test_a_delivery_that_nobody_knows_answers_as_the_others_did() -> None:
    assumed = Assumptions({2: Habit(4, 1)}, Untried.SHARE)
    assert sum(assumed.takes(DELIVERY) for _ in range(100)) == 25
    assert not Assumptions({}, Untried.SHARE).takes(DELIVERY)


def test_the_operator_may_say_what_untried_deliveries_answer() -> None:
    assert Assumptions({1: Habit(1, 0)}, Untried.ACCEPT).takes(DELIVERY)
    assert not Assumptions({1: Habit(1, 1)}, Untried.REJECT).takes(DELIVERY)
