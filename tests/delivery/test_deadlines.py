"""A buyer has as long as it usually needs, within its bounds."""

from hypothesis import given
from hypothesis import strategies as st

from leadyard.campaigns.distribution import PingTarget
from leadyard.delivery.deadlines import Deadlines
from leadyard.delivery.model import HttpTarget

PING = PingTarget(
    HttpTarget(url="https://buyer.example.com/ping"), least_milliseconds=100, most_milliseconds=1000
)
KEY = (1, 2)


def after(*answers: int) -> int:
    deadlines = Deadlines()
    for milliseconds in answers:
        deadlines.answered(KEY, milliseconds)
    return deadlines.of(KEY, PING, 2.0)


def test_a_buyer_that_is_hardly_known_has_all_the_time_that_it_may_have() -> None:
    assert after() == after(1, 1, 1) == 1000


def test_a_known_buyer_has_its_usual_time_and_some_patience() -> None:
    assert after(*[150] * 50) == 300
    assert after(*[150] * 99, 900) == 300


def test_a_buyer_that_slows_down_is_given_more_time_step_by_step() -> None:
    deadlines = Deadlines()
    for _ in range(50):
        deadlines.answered(KEY, 100)
    before = deadlines.of(KEY, PING, 2.0)
    for _ in range(10):
        deadlines.missed(KEY, deadlines.of(KEY, PING, 2.0))
    assert before == 200
    assert deadlines.of(KEY, PING, 2.0) > before


@given(st.lists(st.integers(0, 100_000), max_size=200), st.floats(1, 10))
def test_the_operators_bounds_always_hold(answers: list[int], patience: float) -> None:
    deadlines = Deadlines()
    for milliseconds in answers:
        deadlines.answered(KEY, milliseconds)
    assert PING.least_milliseconds <= deadlines.of(KEY, PING, patience) <= PING.most_milliseconds


def test_buyers_do_not_share_what_is_known() -> None:
    deadlines = Deadlines()
    for _ in range(50):
        deadlines.answered(KEY, 100)
    assert deadlines.of((1, 3), PING, 2.0) == 1000
