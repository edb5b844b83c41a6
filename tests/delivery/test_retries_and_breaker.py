"""When a lead is tried again, and when a buyer is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery.breaker import Breaker
from leadyard.delivery.model import BreakerPolicy, Outcome, RetryPolicy
from leadyard.delivery.retries import next_delay

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = BreakerPolicy(failures=3, open_seconds=60)


def test_no_try_is_left_after_the_last_one() -> None:
    policy = RetryPolicy(attempts=2)
    assert next_delay(policy, 2, 0.5) is not None
    assert next_delay(policy, 3, 0.5) is None
    assert next_delay(RetryPolicy(attempts=0), 1, 0.5) is None


def test_the_delay_grows_up_to_its_maximum() -> None:
    policy = RetryPolicy(attempts=10, first_delay_seconds=10, factor=2, maximum_delay_seconds=60)
    assert [next_delay(policy, tries, 1.0) for tries in range(1, 6)] == [10, 20, 40, 60, 60]


def test_a_retry_after_is_the_least_and_at_most_a_day() -> None:
    assert next_delay(RetryPolicy(), 1, 1.0, 300) == 300
    assert next_delay(RetryPolicy(), 1, 1.0, 1) == 5
    assert next_delay(RetryPolicy(), 1, 1.0, 10**9) == 86_400


@given(
    st.builds(
        RetryPolicy,
        attempts=st.integers(0, 10),
        first_delay_seconds=st.floats(0, 3600),
        factor=st.floats(1, 10),
        maximum_delay_seconds=st.floats(0, 86_400),
    ),
    st.integers(1, 12),
    st.floats(0, 1),
)
def test_a_delay_is_within_the_policy(policy: RetryPolicy, tries: int, random_value: float) -> None:
    delay = next_delay(policy, tries, random_value)
    assert (delay is None) == (tries > policy.attempts)
    assert delay is None or 0 <= delay <= policy.maximum_delay_seconds


def _failed(times: int, outcome: Outcome = Outcome.RETRY) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.after(POLICY, outcome, NOW)
    return breaker


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.UNKNOWN])
def test_failures_in_a_row_open_the_breaker(outcome: Outcome) -> None:
    assert _failed(2, outcome).allows(NOW)
    opened = _failed(3, outcome)
    assert not opened.allows(NOW)
    assert opened.closed_until(NOW) == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPT, Outcome.REJECT])
def test_an_answer_ends_the_row_of_failures(outcome: Outcome) -> None:
    breaker = _failed(2).after(POLICY, outcome, NOW).after(POLICY, Outcome.RETRY, NOW)
    assert breaker.failures == 1


def test_an_error_of_ours_says_nothing_about_the_buyer() -> None:
    assert _failed(2).after(POLICY, Outcome.ERROR, NOW) == _failed(2)


def test_after_the_pause_one_probe_goes_out_and_its_acceptance_closes() -> None:
    later = NOW + timedelta(seconds=60)
    opened = _failed(3)
    assert opened.allows(later)
    probing = opened.sending(later)
    assert not probing.allows(later)
    assert probing.after(POLICY, Outcome.ACCEPT, later) == Breaker()


def test_a_failed_probe_opens_for_another_pause() -> None:
    later = NOW + timedelta(seconds=70)
    again = _failed(3).sending(later).after(POLICY, Outcome.UNKNOWN, later)
    assert again.closed_until(later) == later + timedelta(seconds=60)


def test_a_probe_that_never_reports_is_given_up_after_a_pause() -> None:
    later = NOW + timedelta(seconds=60)
    probing = _failed(3).sending(later)
    assert probing.allows(later + timedelta(seconds=60))


def test_a_probe_that_ends_in_an_error_of_ours_frees_its_place() -> None:
    later = NOW + timedelta(seconds=60)
    assert _failed(3).sending(later).after(POLICY, Outcome.ERROR, later).allows(later)


def test_a_late_failure_does_not_prolong_the_pause() -> None:
    opened = _failed(3)
    late = opened.after(POLICY, Outcome.UNKNOWN, NOW + timedelta(seconds=30))
    assert late.closed_until(NOW) == opened.closed_until(NOW)


def test_a_closed_breaker_is_not_changed_by_sending() -> None:
    assert Breaker().sending(NOW) == Breaker()
