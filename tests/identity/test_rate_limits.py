"""A rate limit is a sliding window, exact over everything that takes from it at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.identity.rate_limits import RateLimit, TooManyRequestsError, put_back, seconds_to_wait, take
from leadyard.storage.database import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def _is_taken(database: Database, limit: RateLimit, seconds: float, account_id: int = 1) -> bool:
    async with database.connection() as connection:
        try:
            await take(connection, account_id, limit, START + timedelta(seconds=seconds))
        except TooManyRequestsError:
            return False
    return True


async def test_no_window_of_any_place_has_more_than_the_limit(database: Database) -> None:
    limit = RateLimit("test", 3, MINUTE)
    times = [0, 10, 20, 30, 59.9, 60, 61, 70, 79.9, 80, 125]

    taken = [second for second in times if await _is_taken(database, limit, second)]

    assert taken == [0, 10, 20, 60, 70, 80, 125]


async def test_who_waits_as_long_as_told_is_served(database: Database) -> None:
    limit = RateLimit("test", 2, timedelta(seconds=5))
    assert await _is_taken(database, limit, 0.3)
    assert await _is_taken(database, limit, 2)

    async with database.connection() as connection:
        with pytest.raises(TooManyRequestsError) as refused:
            await take(connection, 1, limit, START + timedelta(seconds=3))

    assert refused.value.retry_after_seconds == 3
    assert await _is_taken(database, limit, 3 + refused.value.retry_after_seconds)


async def test_limits_of_other_scopes_and_accounts_are_apart(database: Database) -> None:
    limit = RateLimit("test", 1, MINUTE)
    assert await _is_taken(database, limit, 0)

    assert not await _is_taken(database, limit, 1)
    assert await _is_taken(database, RateLimit("other", 1, MINUTE), 1)
    assert await _is_taken(database, limit, 1, account_id=2)


async def test_a_limit_that_was_changed_counts_what_was_taken_before(database: Database) -> None:
    for second in range(4):
        assert await _is_taken(database, RateLimit("test", 4, MINUTE), second)

    assert not await _is_taken(database, RateLimit("test", 2, MINUTE), 10)
    assert await _is_taken(database, RateLimit("test", 5, MINUTE), 10)
    assert not await _is_taken(database, RateLimit("test", 2, MINUTE), 62.5)
    assert await _is_taken(database, RateLimit("test", 2, MINUTE), 63)


async def test_what_is_put_back_is_free_again(database: Database) -> None:
    limit = RateLimit("test", 2, MINUTE)
    assert await _is_taken(database, limit, 0)
    assert await _is_taken(database, limit, 1)

    async with database.connection() as connection:
        await put_back(connection, 1, limit, START + timedelta(seconds=1))
        await put_back(connection, 1, limit, START + timedelta(seconds=40))

    assert await _is_taken(database, limit, 2)
    assert not await _is_taken(database, limit, 3)
    assert await _is_taken(database, limit, 60)


async def test_many_at_once_are_never_more_than_the_limit(database: Database) -> None:
    limit = RateLimit("test", 25, timedelta(seconds=5))

    taken = await asyncio.gather(*(_is_taken(database, limit, number / 1000) for number in range(200)))

    assert sum(taken) == 25


@given(st.integers(1, 300), st.integers(0, 400), st.integers(1, 120))
def test_the_time_to_wait_is_whole_long_enough_and_no_longer_than_the_window(
    since: int, now: int, window: int
) -> None:
    limit = RateLimit("test", 1, timedelta(seconds=window))
    earliest, at = START + timedelta(milliseconds=since * 10), START + timedelta(milliseconds=now * 10)

    seconds = seconds_to_wait(limit, min(earliest, at), at)

    assert 1 <= seconds <= window
    assert at + timedelta(seconds=seconds) >= min(earliest, at) + limit.window
