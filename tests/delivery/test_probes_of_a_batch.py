"""Within one batch a half-open buyer gets one lead, and a sound one as many as there are."""

from datetime import UTC, datetime, timedelta

from leadyard.delivery.breaker import BatchBreakers, Breaker
from leadyard.delivery.model import BreakerPolicy, Outcome

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
OPENED = Breaker().after(BreakerPolicy(failures=1, open_seconds=60), Outcome.RETRY, NOW)
LATER = NOW + timedelta(seconds=60)


def test_the_first_lead_is_the_probe_and_the_others_wait() -> None:
    breakers = {(1, 7): OPENED}
    batch = BatchBreakers(breakers, 1, LATER)
    assert batch.closed_until(7) is None
    batch.sending(7)
    assert batch.closed_until(7) == LATER + timedelta(seconds=60)
    assert breakers == {(1, 7): OPENED}


def test_an_open_buyer_gets_nothing() -> None:
    assert BatchBreakers({(1, 7): OPENED}, 1, NOW).closed_until(7) == LATER


def test_a_sound_buyer_gets_every_lead() -> None:
    batch = BatchBreakers({}, 1, NOW)
    for _ in range(3):
        batch.sending(7)
        assert batch.closed_until(7) is None


def test_another_accounts_buyer_of_the_same_number_is_another_buyer() -> None:
    assert BatchBreakers({(2, 7): OPENED}, 1, NOW).closed_until(7) is None
