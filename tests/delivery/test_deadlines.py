"""A buyer has as long as it usually needs, within its bounds."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadyard.campaigns.distribution import PingTarget
from leadyard.delivery.deadlines import (
    LONGEST_MEMORY,
    SLOT_SECONDS,
    Counts,
    Deadlines,
    Usual,
    rounded,
    slot_of,
    usual,
)
from leadyard.delivery.model import HttpTarget
from leadyard.routing.offers import Bid

PING = PingTarget(
    HttpTarget(url="https://buyer.example.com/ping"), least_milliseconds=100, most_milliseconds=1000
)
KEY = (1, 2)
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SLOT = timedelta(seconds=SLOT_SECONDS)


def deadlines_after(*answers: int) -> Deadlines:
    deadlines = Deadlines()
    for milliseconds in answers:
        deadlines.answered(KEY, milliseconds, NOW)
    return deadlines


def after(*answers: int) -> int:
    return deadlines_after(*answers).of(KEY, PING, 2.0, NOW)


def counted(*answers: tuple[datetime, int]) -> Counts:
    return Counter((slot_of(at), rounded(milliseconds)) for at, milliseconds in answers)


def test_a_buyer_that_is_hardly_known_has_all_the_time_that_it_may_have() -> None:
    assert after() == after(1, 1, 1) == 1000


def test_a_known_buyer_has_its_usual_time_and_some_patience() -> None:
    assert after(*[150] * 50) == 2 * rounded(150)
    assert after(*[150] * 99, 900) == 2 * rounded(150)
    assert 150 <= rounded(150) <= 155


def test_a_buyer_that_slows_down_is_given_more_time_step_by_step() -> None:
    deadlines = deadlines_after(*[100] * 50)
    before = deadlines.of(KEY, PING, 2.0, NOW)
    for _ in range(10):
        deadlines.missed(KEY, deadlines.of(KEY, PING, 2.0, NOW), NOW)
    assert before == 2 * rounded(100)
    assert deadlines.of(KEY, PING, 2.0, NOW) > before


def test_a_buyer_that_declines_fast_and_bids_slowly_has_the_time_of_its_bids() -> None:
    deadlines = Deadlines()
    for number in range(1000):
        bids = number % 100 >= 97
        answer = Bid(KEY[1], 7, 5_000_000 if bids else None, milliseconds=400 if bids else 15)
        deadlines.heard(KEY, answer, NOW)
    assert deadlines.of(KEY, PING, 2.0, NOW) == 2 * rounded(400)
    deadlines = Deadlines()
    for _ in range(1000):
        deadlines.heard(KEY, Bid(KEY[1], 7, reason="HTTP 503", milliseconds=3, status=503), NOW)
    assert deadlines.of(KEY, PING, 2.0, NOW) == PING.most_milliseconds


def test_buyers_do_not_share_what_is_known() -> None:
    assert deadlines_after(*[100] * 50).of((1, 3), PING, 2.0, NOW) == 1000


def test_newer_answers_outvote_older_ones() -> None:
    slow = [(NOW - 2 * SLOT, 800)] * 500
    assert usual(counted(*slow, *[(NOW, 50)] * 99), NOW) == Usual(599, rounded(800))
    assert usual(counted(*slow, *[(NOW, 50)] * 100), NOW) == Usual(100, rounded(50))


def test_answers_fade_in_the_end_however_few_there_are() -> None:
    counts = counted(*[(NOW, 50)] * 20)
    assert usual(counts, NOW + LONGEST_MEMORY) == Usual(20, rounded(50))
    assert usual(counts, NOW + LONGEST_MEMORY + SLOT) is None


@given(st.lists(st.integers(0, 100_000), max_size=200), st.floats(1, 10))
def test_the_operators_bounds_always_hold(answers: list[int], patience: float) -> None:
    found = deadlines_after(*answers).of(KEY, PING, patience, NOW)
    assert PING.least_milliseconds <= found <= PING.most_milliseconds


@given(st.integers(-5, 10_000_000))
def test_times_are_rounded_up_by_at_most_a_sixteenth(milliseconds: int) -> None:
    found = rounded(milliseconds)
    assert max(0, milliseconds) <= found <= max(0, milliseconds) * 17 / 16
    assert rounded(found) == found


@given(st.lists(st.integers(0, 3000), min_size=10, max_size=99))
def test_the_usual_time_is_that_of_95_of_100_answers(answers: list[int]) -> None:
    exact = sorted(answers)[int((len(answers) - 1) * 0.95)]
    assert usual(counted(*[(NOW, milliseconds) for milliseconds in answers]), NOW) == Usual(
        len(answers), rounded(exact)
    )


_SEEN = st.lists(
    st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 5000), st.booleans()), max_size=300
)


@given(_SEEN)
def test_what_two_processes_saw_is_what_one_would_have_seen(
    seen: list[tuple[bool, int, int, bool]],
) -> None:
    """`seen`: which process saw it, how many slots ago, how long it took, and whether all is written after it."""
    one, two = Deadlines(), (Deadlines(), Deadlines())
    written: Counter[tuple[int, int]] = Counter()

    def write(process: Deadlines) -> None:
        written.update(process.take().get(KEY, {}))
        process.learn({KEY: dict(written)}, [KEY])

    for by_second, slots, milliseconds, is_written in seen:
        at = NOW - slots * SLOT
        one.answered(KEY, milliseconds, at)
        two[by_second].answered(KEY, milliseconds, at)
        if is_written:
            write(two[by_second])
    for process in (*two, *two):
        write(process)
    expected = one.of(KEY, PING, 2.0, NOW)
    assert [process.of(KEY, PING, 2.0, NOW) for process in two] == [expected, expected]
    assert usual(written, NOW) == usual(one.take().get(KEY, {}), NOW)


@given(st.lists(st.integers(0, 3000), max_size=60))
def test_what_could_not_be_written_is_handed_out_again(answers: list[int]) -> None:
    deadlines = deadlines_after(*answers)
    before = deadlines.of(KEY, PING, 2.0, NOW)
    assert deadlines.take() == deadlines.take()
    assert deadlines.of(KEY, PING, 2.0, NOW) == before
    taken = deadlines.take()
    deadlines.learn(taken, list(taken))
    assert deadlines.of(KEY, PING, 2.0, NOW) == before
    assert deadlines.take() == {}
