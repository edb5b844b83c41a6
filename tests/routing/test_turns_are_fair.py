"""Weighted and evenly weighted groups, over any leads and any set-up."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from leadyard.routing.turns import TurnBook, Turns

KEY = (1, "")


@given(st.integers(1, 30), st.integers(0, 300))
def test_any_hundred_leads_are_spread_evenly(members: int, before: int) -> None:
    book, keys = TurnBook(), [f"d{n}" for n in range(members)]

    def choose() -> str:
        key = book.of(KEY).evenly(keys)[0]
        book.take(KEY, key, 1)
        return key

    for _ in range(before):
        choose()
    counts = Counter(choose() for _ in range(100))
    assert {counts[key] for key in keys} <= {100 // members, -(-100 // members)}


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(1, 500))
def test_weighted_shares_are_never_off_by_more_than_a_lead_for_each_member(
    weights: list[int], leads: int
) -> None:
    turns, keys = Turns(members={}), [str(n) for n in range(len(weights))]
    counts: Counter[str] = Counter()
    for _ in range(leads):
        key = turns.by_weight(keys)[0]
        turns.take(key, weights[int(key)])
        counts[key] += 1
    for key, weight in zip(keys, weights, strict=True):
        assert abs(counts[key] - leads * weight / sum(weights)) <= len(weights)


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=5),
    st.lists(st.sets(st.integers(0, 4)), max_size=40),
    st.booleans(),
)
def test_members_that_may_be_chosen_are_all_in_the_order_and_nobody_else(
    weights: list[int], absences: list[set[int]], evenly: bool
) -> None:
    turns = Turns(members={})
    for absent in absences:
        keys = [str(n) for n in range(len(weights)) if n not in absent]
        order = turns.evenly(keys) if evenly else turns.by_weight(keys)
        assert sorted(order) == sorted(keys)
        if order:
            turns.take(order[0], weights[int(order[0])])


def test_only_groups_that_chose_have_to_be_written() -> None:
    book = TurnBook({(1, ""): Turns(members={}), (2, ""): Turns(members={})})
    book.take((2, ""), "d1", 1)
    assert list(book.moved) == [(2, "")]
