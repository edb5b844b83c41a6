"""Ids of webhook messages are claimed in blocks before the unit of work, and none is given twice."""

import asyncio

import pytest
from tests.exchange import Exchange, new_exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import WebhookInput
from leadyard.campaigns.model import WebhookEvent, WebhookSettings
from leadyard.delivery import outbox
from leadyard.delivery.outbox import MessageIds
from leadyard.kit import clock
from leadyard.storage.counters import IdBlocks
from leadyard.storage.database import Database

SOLD = WebhookEvent.LEAD_SOLD


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    exchange = await new_exchange(database)
    for number in range(2):
        hook = WebhookInput(url=f"https://example.com/{number}", settings=WebhookSettings(events=(SOLD,)))
        await setup.webhooks.create(database, exchange.actor, hook)
    return exchange


async def test_a_unit_of_work_with_reserved_ids_leaves_the_counter_free(
    exchange: Exchange, database: Database
) -> None:
    account = await exchange.configuration.setup(exchange.account_id)
    ids = MessageIds(database)
    reserved = await ids.reserve(account, SOLD, 3)
    async with database.unit_of_work() as connection:
        await outbox.announce(connection, account, clock.now(), SOLD, {1: {}, 2: {}, 3: {}}, reserved)
        async with asyncio.timeout(5):
            assert len(await IdBlocks(database, "outbox").take(exchange.account_id, 1)) == 1
    assert len({row["id"] for row in await exchange.rows("outbox")}) == 6


async def test_beyond_what_was_reserved_there_are_still_ids(exchange: Exchange, database: Database) -> None:
    account = await exchange.configuration.setup(exchange.account_id)
    reserved = await MessageIds(database).reserve(account, SOLD, 1)
    async with database.unit_of_work() as connection:
        await outbox.announce(connection, account, clock.now(), SOLD, {n: {} for n in range(1, 6)}, reserved)
    assert len({row["id"] for row in await exchange.rows("outbox")}) == 10


async def test_what_was_not_used_is_given_out_again(exchange: Exchange, database: Database) -> None:
    account = await exchange.configuration.setup(exchange.account_id)
    ids = MessageIds(database)
    first = await ids.reserve(account, SOLD, 2)
    kept = first.next()
    ids.put_back(exchange.account_id, first)
    second = await ids.reserve(account, SOLD, 1)
    assert kept is not None
    assert second.next() == kept + 1


async def test_nothing_is_reserved_for_an_event_that_nobody_asked_for(
    exchange: Exchange, database: Database
) -> None:
    account = await exchange.configuration.setup(exchange.account_id)
    assert (await MessageIds(database).reserve(account, WebhookEvent.LEAD_UNSOLD, 100)).next() is None
