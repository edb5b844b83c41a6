"""Ranges of ids that are kept for a move."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from leadyard.affiliates.moving.ids import highest, is_apart, joined

_MORE = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 10)), max_size=12)


@given(_MORE)
def test_an_id_is_apart_exactly_when_a_range_held_it(added: list[tuple[int, int]]) -> None:
    ranges: tuple[tuple[int, int], ...] = ()
    held: set[int] = set()
    for first, count in added:
        ranges = joined(ranges, range(first, first + count))
        held |= set(range(first, first + count))
    assert {number for number in range(60) if is_apart(ranges, number)} == held
    assert highest(ranges) == max(held, default=0)
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(ranges))
