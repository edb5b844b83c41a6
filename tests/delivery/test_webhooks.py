"""Webhooks are told of sales, signed over body and time, retried until they are taken, and given up in the end."""

import asyncio
import json
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tests.delivery.buyers import Call, buyer
from tests.exchange import Exchange, new_exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import WebhookInput
from leadyard.campaigns.webhooks import WebhookEvent, WebhookSettings
from leadyard.delivery import outbox
from leadyard.delivery.outbox import MessageState
from leadyard.delivery.webhooks import WebhookSender, signature
from leadyard.kit import clock
from leadyard.settings import Settings
from leadyard.storage.database import Database


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, allowed_networks=(ip_network("127.0.0.0/8"),))


async def take(call: Call) -> None:
    await call.answer("")


async def add_webhook(exchange: Exchange, url: str, **values: Any) -> None:
    document = WebhookInput(url=url, settings=WebhookSettings(reference="mine", **values))
    await setup.webhooks.create(exchange.database, exchange.actor, document)


async def messages_sent(exchange: Exchange) -> None:
    async with asyncio.timeout(20):
        while any(row["state"] == MessageState.WAITING for row in await exchange.rows("outbox")):  # noqa: ASYNC110 - the worker tells nobody
            await asyncio.sleep(0.02)


async def test_a_sale_is_told_with_the_leads_record_and_a_signature(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    campaign = await exchange.campaign()
    await exchange.delivery(campaign.id, await exchange.buyer())
    async with buyer(take) as hook:
        await add_webhook(exchange, hook.url, secret="s3cret")
        result = await exchange.submit(1)
        async with exchange.working(dsn, settings):
            await exchange.until_idle()
            await messages_sent(exchange)
    (call,) = hook.calls
    document = json.loads(call.body)
    assert (document["reference"], document["event"]) == ("mine", "lead.sold")
    (record,) = document["records"]
    assert record["status"] == "Approved"
    assert record["response"]["leadId"] == result.lead_id
    assert record["lead"]["id"] == result.lead_id
    assert record["deliveries"][0]["status"] == "Sold"
    header = next(line for line in call.head.split("\r\n") if line.lower().startswith("x-leadyard-signature"))
    given = header.split(": ", 1)[1]
    timestamp = int(given.split(",")[0].removeprefix("t="))
    assert given == signature("s3cret", timestamp, call.body)
    assert given != signature("s3cret", timestamp + 1, call.body)


async def test_only_the_events_that_were_asked_for_are_told(
    exchange: Exchange, dsn: str, settings: Settings
) -> None:
    await exchange.campaign()
    async with buyer(take) as hook, buyer(take) as other:
        await add_webhook(exchange, hook.url, events=(WebhookEvent.LEAD_UNSOLD,))
        await add_webhook(exchange, other.url, events=(WebhookEvent.LEAD_SOLD,))
        await exchange.submit(1)
        async with exchange.working(dsn, settings):
            await exchange.until_idle()
            await messages_sent(exchange)
    assert [json.loads(call.body)["event"] for call in hook.calls] == ["lead.unsold"]
    assert other.calls == []


async def send_with(exchange: Exchange, answers: list[str]) -> list[int]:
    """Run a sender whose posts end as given, hours apart; gives the state of the message after each."""
    states = []

    async def post(*_: object) -> str:
        return answers.pop(0)

    async def describe(*_: object) -> None:
        return None

    sender = WebhookSender(exchange.database, exchange.configuration, post, describe)
    start = clock.now()
    for hours in range(len(answers)):
        with time_machine.travel(start + timedelta(hours=7 * hours), tick=True):
            stop = asyncio.Event()
            running = asyncio.create_task(sender.run(stop))
            await asyncio.sleep(0.05)
            stop.set()
            await running
        states += [row["state"] for row in await exchange.rows("outbox")]
    return states


async def queue_message(exchange: Exchange) -> None:
    await add_webhook(exchange, "https://hooks.example.com/")
    configured = await exchange.configuration.current(exchange.account_id)
    async with exchange.database.unit_of_work() as connection:
        told: dict[int, dict[str, Any]] = {1: {}}
        await outbox.announce(connection, configured, clock.now(), WebhookEvent.LEAD_SOLD, told)


async def test_a_message_that_is_not_taken_is_sent_again_until_it_is(exchange: Exchange) -> None:
    await queue_message(exchange)
    assert await send_with(exchange, ["HTTP 500", "HTTP 500", ""]) == [0, 0, 1]


async def test_after_the_last_try_a_message_is_kept_as_dead_with_its_error(exchange: Exchange) -> None:
    await queue_message(exchange)
    states = await send_with(exchange, ["HTTP 500"] * 11)
    assert states[-2:] == [MessageState.WAITING, MessageState.DEAD]
    assert [row["last_error"] for row in await exchange.rows("outbox")] == ["HTTP 500"]


async def test_a_webhook_on_a_private_address_is_not_called(
    exchange: Exchange, dsn: str, tmp_path: Path
) -> None:
    campaign = await exchange.campaign()
    await exchange.delivery(campaign.id, await exchange.buyer())
    async with buyer(take) as hook:
        await add_webhook(exchange, hook.url)
        await exchange.submit(1)
        async with exchange.working(dsn, Settings(data_dir=tmp_path)):
            await exchange.until_idle()
            async with asyncio.timeout(20):
                while not (await exchange.rows("outbox"))[0]["last_error"]:  # noqa: ASYNC110 - the worker tells nobody
                    await asyncio.sleep(0.02)
    assert hook.calls == []
