"""A clock that is set wrong and put right again: each period keeps its own count, and none passes its cap."""

from datetime import UTC, datetime, timedelta

import time_machine
from tests.exchange import Exchange

from leadyard.campaigns.model import Caps, Dedupe

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def codes(exchange: Exchange, *numbers: int) -> list[int]:
    return [(await exchange.submit(number)).code for number in numbers]


async def test_caps_hold_for_each_period_however_the_clock_jumps(exchange: Exchange) -> None:
    with time_machine.travel(NOON, tick=True) as clock:
        await exchange.campaign(caps=Caps(day=3, total=5))
        assert await codes(exchange, 1, 2, 3, 4) == [1, 1, 1, -4]
        clock.move_to(NOON + DAY)
        assert await codes(exchange, 5) == [1]
        clock.move_to(NOON - timedelta(hours=2))
        assert await codes(exchange, 6) == [-4]
        clock.move_to(NOON + DAY)
        assert await codes(exchange, 7, 8) == [1, -4]
        clock.move_to(NOON + 400 * DAY)
        assert await codes(exchange, 9) == [-4]
    assert await exchange.differences() == []
    assert len(await exchange.rows("leads", "code = 1")) == 5


async def test_a_lead_from_the_future_is_still_a_duplicate_today(exchange: Exchange) -> None:
    with time_machine.travel(NOON + 30 * DAY, tick=True) as clock:
        await exchange.campaign(dedupe=Dedupe(fields=("email",), window_hours=168))
        assert await codes(exchange, 1) == [1]
        clock.move_to(NOON)
        assert await codes(exchange, 1, 2) == [-2, 1]
        clock.move_to(NOON + 8 * DAY)
        assert await codes(exchange, 2) == [1]
    assert await exchange.differences() == []
