"""Webhooks are told once when a cap is reached, and when a buyer's credit runs low or out."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import WebhookInput
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps
from leadyard.campaigns.webhooks import WebhookEvent, WebhookSettings
from leadyard.delivery.outbox import MessageState
from leadyard.identity.actor import Actor
from leadyard.ledger.credit.model import CreditMode, CreditTerms, TopUp
from leadyard.ledger.credit.service import Credit
from leadyard.storage.database import Database

LIMITS = (WebhookEvent.CAP_REACHED, WebhookEvent.CREDIT_LOW, WebhookEvent.CREDIT_EMPTY)


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def listen(desk: Desk, url: str = "http://127.0.0.1:9/hook") -> None:
    document = WebhookInput(url=url, settings=WebhookSettings(reference="mine", events=LIMITS))
    await setup.webhooks.create(desk.database, desk.actor, document)


async def told(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    return [(row["event"], row["payload"]) for row in await desk.rows("outbox")]


async def add_credit(desk: Desk, buyer_id: int, amount: str) -> None:
    credit = Credit(desk.database, desk.configuration, desk.ledger)
    await credit.add(Actor(desk.account_id, "test"), buyer_id, Decimal(amount))


async def test_a_cap_that_is_reached_is_told_once_with_owner_period_and_limit(desk: Desk) -> None:
    await listen(desk)
    campaign = await desk.campaign(caps=Caps(day=2))
    await desk.submitted(1, 2, 3, 4)
    await desk.submitted(5)
    ((event, payload),) = await told(desk)
    assert event == "cap.reached"
    since = payload["cap"].pop("since")
    assert since.endswith("Z")
    assert payload == {
        "cap": {"owner": "campaign", "owner_id": campaign.id, "period": "day", "measure": "leads", "limit": 2}
    }


async def test_a_counter_that_falls_and_rises_again_is_not_told_twice(desk: Desk) -> None:
    await listen(desk)
    campaign = await desk.campaign()

    async def refuse(call: Call) -> None:
        await call.answer('{"status": "no"}')

    async with buyer(refuse) as refusing:
        await desk.delivery(campaign.id, await desk.buyer(), refusing.url, caps=Caps(total=1))
        await desk.sold(1)
        await desk.sold(2)
    ((event, payload),) = await told(desk)
    assert (event, payload["cap"]["owner"], payload["cap"]["since"]) == ("cap.reached", "delivery", None)
    assert [row["used"] for row in await desk.rows("cap_counters")] == [0]


async def test_an_amount_that_no_further_sale_fits_into_is_reached(desk: Desk) -> None:
    await listen(desk)
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(caps=Caps(revenue=AmountCaps(total=Decimal(30))))
    await desk.delivery(campaign.id, buyer_id)
    await desk.sold(1, 2)
    assert await told(desk) == []
    await desk.sold(3, 4)
    ((_, payload),) = await told(desk)
    assert (payload["cap"]["measure"], payload["cap"]["limit"]) == ("revenue", "30")
    assert payload["cap"]["bid"] == str(buyer_id)


async def test_credit_that_runs_low_and_out_is_told_once_each_until_more_is_added(desk: Desk) -> None:
    await listen(desk)
    campaign = await desk.campaign()
    terms = CreditTerms(mode=CreditMode.PREPAID, low=Decimal(20))
    buyer_id = await desk.buyer(credit=terms)
    await desk.delivery(campaign.id, buyer_id)
    await add_credit(desk, buyer_id, "40")
    for number in range(5):
        await desk.sold(number)
    news = [(event, payload["credit"]["left"]) for event, payload in await told(desk)]
    assert news == [("credit.low", "15"), ("credit.empty", "2.5")]
    await add_credit(desk, buyer_id, "20")
    await desk.sold(9)
    news = [(event, payload["credit"]["left"]) for event, payload in await told(desk)]
    assert news[2:] == [("credit.low", "10")]


async def test_news_of_a_limit_reaches_the_webhook_without_a_lead(desk: Desk) -> None:
    async def take(call: Call) -> None:
        await call.answer("")

    await desk.campaign(caps=Caps(day=1))
    async with buyer(take) as hook:
        await listen(desk, hook.url)
        await desk.submitted(1)
        async with desk.working(desk.dsn, desk.settings), asyncio.timeout(20):
            while any(row["state"] == MessageState.WAITING for row in await desk.rows("outbox")):  # noqa: ASYNC110 - the worker tells nobody
                await asyncio.sleep(0.02)
    document = json.loads(hook.calls[0].body)
    assert (document["event"], document["reference"], document["records"]) == ("cap.reached", "mine", [])
    assert document["cap"]["owner"] == "campaign"


async def test_an_automatic_top_up_adds_at_most_so_often_a_day(desk: Desk) -> None:
    campaign = await desk.campaign()
    rule = TopUp(amount=Decimal(25), threshold=Decimal("12.5"), most_per_day=2)
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID, top_up=rule))
    await desk.delivery(campaign.id, buyer_id)
    await desk.sold(*range(10))
    assert await desk.differences() == []
    (row,) = await desk.rows("buyer_credit")
    assert (row["added"], row["spent"], row["top_ups"]) == (50_000_000, 50_000_000, 2)
    entries = await desk.rows("ledger_entries", "kind = 'credit_added'")
    assert [entry["memo"] for entry in entries] == ["automatic top-up"] * 2
