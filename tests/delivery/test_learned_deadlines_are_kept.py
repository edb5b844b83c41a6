"""What is learned of buyers' answers is kept over restarts, shared by processes, and shown."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import time_machine
from tests.exchange import Exchange, new_exchange

from leadyard.app import Services
from leadyard.campaigns.distribution import PingTarget
from leadyard.campaigns.model import DeliveryKind
from leadyard.delivery.deadlines import SLOT_SECONDS, Deadlines, rounded
from leadyard.delivery.learning import Learning, answers_of
from leadyard.delivery.model import HttpTarget
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.settings import Settings
from leadyard.storage.database import Database

PING = PingTarget(
    HttpTarget(url="https://buyer.example.com/ping"), least_milliseconds=100, most_milliseconds=1000
)
KEY = (1, 2)


def deadline_of(learning: Learning, key: tuple[int, int] = KEY) -> int:
    return learning.deadlines.of(key, PING, 2.0, datetime.now(UTC))


def see(learning: Learning, *answers: int, key: tuple[int, int] = KEY) -> None:
    for milliseconds in answers:
        learning.deadlines.answered(key, milliseconds, datetime.now(UTC))


async def restarted(database: Database) -> Learning:
    learning = Learning(database)
    await learning.recall(KEY[0])
    return learning


async def test_a_restart_keeps_what_was_learned(database: Database) -> None:
    learning = await restarted(database)
    learning.start()
    see(learning, *[150] * 50)
    assert deadline_of(await restarted(database)) == 1000
    await learning.close()
    assert deadline_of(await restarted(database)) == deadline_of(learning) == 2 * rounded(150)


async def test_two_processes_know_together_what_one_would_know(database: Database) -> None:
    chance = random.Random(7)  # noqa: S311 - answers, not secrets
    answers = [(chance.randrange(2), chance.randrange(10, 900)) for _ in range(400)]
    processes, alone = [await restarted(database) for _ in range(2)], Deadlines()
    for number, (which, milliseconds) in enumerate(answers):
        see(processes[which], milliseconds)
        alone.answered(KEY, milliseconds, datetime.now(UTC))
        if number % 40 == 0:
            await asyncio.gather(*(process.sync() for process in processes))
    await asyncio.gather(*(process.sync() for process in processes))
    for process in processes:
        see(process, 200)
        alone.answered(KEY, 200, datetime.now(UTC))
    for process in (*processes, *processes):
        await process.sync()
    counts = await answers_of(database, *KEY)
    assert sum(counts.values()) == 402
    together: dict[int, int] = {}
    for (_, milliseconds), times in counts.items():
        together[milliseconds] = together.get(milliseconds, 0) + times
    expected: dict[int, int] = {}
    for (_, milliseconds), times in alone.take()[KEY].items():
        expected[milliseconds] = expected.get(milliseconds, 0) + times
    assert together == expected


async def test_pings_are_written_together_and_nothing_new_is_not_written(database: Database) -> None:
    learning = await restarted(database)
    see(learning, *[150] * 1000)
    await learning.sync()
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT xmin::text, answers FROM ping_answers WHERE account_id = 1")
        assert sum(row["answers"] for row in rows) == 1000
        assert len(rows) <= 2
        await learning.sync()
        assert (
            await connection.fetch("SELECT xmin::text, answers FROM ping_answers WHERE account_id = 1")
            == rows
        )


async def test_accounts_do_not_share_what_is_known(database: Database) -> None:
    learning = await restarted(database)
    see(learning, *[150] * 50)
    await learning.sync()
    other = Learning(database)
    await other.recall(2)
    assert deadline_of(other, (2, KEY[1])) == 1000
    assert await answers_of(database, 2, KEY[1]) == {}


async def test_what_cannot_be_written_is_kept_for_the_next_time(database: Database) -> None:
    learning = await restarted(database)
    see(learning, *[150] * 50)
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE ping_answers RENAME TO away")
        await learning.sync()
        await connection.execute("ALTER TABLE away RENAME TO ping_answers")
    assert deadline_of(learning) == 2 * rounded(150)
    await learning.sync()
    assert deadline_of(await restarted(database)) == 2 * rounded(150)


async def test_slots_that_newer_ones_have_outvoted_are_dropped(database: Database) -> None:
    start = datetime.now(UTC)
    learning = await restarted(database)
    for hour in range(6):
        with time_machine.travel(start + timedelta(hours=hour), tick=True):
            see(learning, *[100 + 100 * hour] * 100)
            await learning.sync()
    assert len({slot for slot, _ in await answers_of(database, *KEY)}) == 6
    with time_machine.travel(start + timedelta(hours=6), tick=True):
        for _ in range(60):
            see(learning, 600)
            await learning.sync()
        known = await answers_of(database, *KEY)
        assert len({slot for slot, _ in known}) in {3, 4}
        assert deadline_of(await restarted(database)) == deadline_of(learning)
    with time_machine.travel(start + timedelta(days=31), tick=True):
        assert deadline_of(await restarted(database)) == 1000


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


@pytest.fixture
async def own(exchange: Exchange, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    services = Services(exchange.database, Settings(data_dir=tmp_path))
    app = create(exchange.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1") as opened:
        opened.headers["x-key"] = exchange.key
        yield opened


async def test_a_delivery_shows_what_is_learned(own: httpx.AsyncClient, exchange: Exchange) -> None:
    campaign = await exchange.campaign()
    buyer = await exchange.buyer()
    pinged = await exchange.delivery(
        campaign.id, buyer, "https://buyer.example.com/post", kind=DeliveryKind.PING_POST, ping=PING
    )
    plain = await exchange.delivery(campaign.id, buyer)
    shown = (await own.get(f"/deliveries/{pinged.id}/pings")).json()
    assert (shown["deadline_milliseconds"], shown["answers"], shown["p95_milliseconds"]) == (1000, 0, None)
    learning = Learning(exchange.database)
    see(learning, *[150] * 20, key=(exchange.account_id, pinged.id))
    await learning.sync()
    shown = (await own.get(f"/deliveries/{pinged.id}/pings")).json()
    assert (shown["deadline_milliseconds"], shown["answers"]) == (2 * rounded(150), 20)
    assert (shown["p95_milliseconds"], shown["least_milliseconds"]) == (rounded(150), 100)
    since = datetime.fromisoformat(shown["answers_since"])
    assert datetime.now(UTC) - since < timedelta(seconds=2 * SLOT_SECONDS)
    assert (await own.get(f"/deliveries/{plain.id}/pings")).status_code == 404
    assert (await own.get("/deliveries/999/pings")).status_code == 404
