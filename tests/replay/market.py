"""A day at an exchange of a replay's own: real buyers on loopback answer by a table, a real worker sells."""

import contextlib
import datetime as dt
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.model import RetryPolicy
from leadyard.kit import clock
from leadyard.replay.model import Figures, Outcome, Untried
from leadyard.replay.service import ReplayOrder, replay
from leadyard.storage.database import Database

QUICK = RetryPolicy(attempts=2, first_delay_seconds=0.01)
Table = Callable[[int, int], str]
"""How a delivery answers a lead the n-th time: `yes`, `no`, or `later`."""


class Day:
    """An exchange whose buyers answer by what a test decides."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.since = clock.now() - dt.timedelta(hours=1)

    async def setup(self) -> AccountSetup:
        return await self.desk.configuration.reload(self.desk.account_id)

    async def replayed(self, draft: object | None = None, untried: Untried = Untried.SHARE) -> Outcome:
        order = ReplayOrder(self.since, clock.now() + dt.timedelta(hours=1), draft, untried)
        return await replay(self.desk.database, await self.setup(), order)


async def new_day(database: Database, dsn: str, folder: Path) -> Day:
    return Day(await new_desk(database, dsn, folder))


@contextlib.asynccontextmanager
async def answering(decide: Callable[[int], str]) -> AsyncIterator[str]:
    """Run a buyer that is asked for each answer by the number of the call; gives its address."""
    calls = 0

    async def script(call: Call) -> None:
        nonlocal calls
        calls += 1
        await ANSWERS[decide(calls)](call)

    async with buyer(script) as running:
        yield running.url


async def _yes(call: Call) -> None:
    await call.answer('{"status":"accepted"}')


async def _no(call: Call) -> None:
    await call.answer('{"status":"no"}')


async def _later(call: Call) -> None:
    await call.answer("busy", "503 Service Unavailable")


ANSWERS: dict[str, Callable[[Call], Awaitable[None]]] = {"yes": _yes, "no": _no, "later": _later}


def seeded(seed: int, weights: tuple[int, int, int]) -> Callable[[int], str]:
    """Answers at random, yes, no and later, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    return lambda _: chance.choices(("yes", "no", "later"), weights)[0]


def sums(outcome: Outcome) -> tuple[dict[Any, Figures], dict[Any, Figures]]:
    """Figures by buyer on both sides, those without any left out."""
    sides = outcome.before.by_buyer, outcome.after.by_buyer
    nothing = Figures()
    before, after = ({key: one for key, one in side.items() if one != nothing} for side in sides)
    return before, after


def pounds(text: str) -> int:
    return int(Decimal(text) * 1_000_000)
