"""Whatever happens in whatever order, counters are what attempts hold and credit never falls below zero."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import run_on_server, with_database
from tests.delivery.limited_market import LimitedMarket, limited_market

from leadyard.delivery.model import Outcome
from leadyard.storage.database import Database

Step = Callable[[LimitedMarket], Awaitable[Any]]

places = st.integers(0, 50)
workers = st.integers(1, 2)
prices = st.one_of(st.none(), st.integers(0, 30))
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda n: lambda m: m.submit(n), st.integers(1, 5)),
    st.builds(lambda w: lambda m: m.claim(w), workers),
    st.builds(lambda w: lambda m: m.claim(w), workers),
    st.builds(
        lambda i, o, p, w: lambda m: m.answer(i, o, p, w),
        places, st.sampled_from(Outcome), prices, workers,
    ),
    st.builds(lambda i, p, w: lambda m: m.answer(i, Outcome.ACCEPT, p, w), places, prices, workers),
    st.builds(lambda i, a, p: lambda m: m.settle(i, accepted=a, price=p), places, st.booleans(), prices),
    st.builds(lambda i: lambda m: m.give_back(i), places),
    st.builds(lambda n: lambda m: m.add_credit(n), st.integers(1, 40)),
    st.just(lambda m: m.crash()),
)  # fmt: skip


async def walk(dsn: str, listed: list[Step]) -> None:
    database = Database(dsn, size=3)
    await database.open()
    try:
        market = await limited_market(database, dsn)
        await market.add_credit(30)
        await market.submit(4)
        for step in listed:
            await step(market)
            await market.check()
    finally:
        await database.close()


@given(listed=st.lists(steps, min_size=8, max_size=30))
@settings(max_examples=12, deadline=None)
def test_random_histories_keep_counters_and_credit_right(
    server_dsn: str, template_name: str, listed: list[Step]
) -> None:
    name = f"walk_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    try:
        asyncio.run(walk(with_database(server_dsn, name), listed))
    finally:
        asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))
