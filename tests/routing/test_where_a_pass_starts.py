"""Where the latest pass of a lead began, told from its attempts alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.leads.model import AttemptState
from leadyard.routing.choice import Tried, pass_start

DONE = (AttemptState.REJECTED, AttemptState.SKIPPED, AttemptState.ERROR, AttemptState.UNKNOWN)
passes = st.lists(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), min_size=1, unique_by=lambda step: step[0]),
    min_size=1,
    max_size=4,
)
"""For each pass its deliveries, each with the number of tries that were worth another one."""


def attempts(shape: list[list[tuple[int, int]]], state: AttemptState) -> tuple[list[Tried], list[int]]:
    """Number the attempts of some passes; gives them, and the last number before each pass."""
    tried: list[Tried] = []
    starts = []
    for one_pass in shape:
        starts.append(len(tried))
        for delivery_id, waits in one_pass:
            for _ in range(waits):
                tried.append(Tried(len(tried) + 1, delivery_id, AttemptState.WAITING))
            tried.append(Tried(len(tried) + 1, delivery_id, state))
    return tried, starts


@settings(max_examples=200, deadline=None)
@given(passes, st.sampled_from(DONE))
def test_the_start_is_never_after_the_true_one_and_nothing_ended_twice_since(
    shape: list[list[tuple[int, int]]], state: AttemptState
) -> None:
    tried, starts = attempts(shape, state)
    start = pass_start(tried)
    assert start <= starts[-1]
    ended = [t.delivery_id for t in tried if t.number > start and t.state is not AttemptState.WAITING]
    assert len(ended) == len(set(ended))


@settings(max_examples=100, deadline=None)
@given(passes, st.sampled_from(DONE))
def test_a_pass_over_the_same_deliveries_is_told_exactly(
    shape: list[list[tuple[int, int]]], state: AttemptState
) -> None:
    tried, starts = attempts([shape[0]] * len(shape), state)
    assert pass_start(tried) == starts[-1]


def test_nothing_tried_starts_at_the_beginning() -> None:
    assert pass_start([]) == 0
