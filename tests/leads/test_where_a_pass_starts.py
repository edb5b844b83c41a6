"""Which attempts belong to which pass over the deliveries, told from the events that began each."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.leads.events import REPROCESSED, UPDATED, new_pass, pass_start
from leadyard.leads.views import LeadEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30)), st.integers(1, 31))
def test_a_pass_starts_after_the_last_attempt_before_it_was_asked_for(starts: list[int], number: int) -> None:
    events = [LeadEvent(NOW, REPROCESSED, new_pass(start), "key 1") for start in sorted(starts)]
    start = pass_start([LeadEvent(NOW, UPDATED, "email", "key 1"), *events], number)
    assert start < number
    assert start == 0 or start in starts
    assert not any(start < other < number for other in starts)
