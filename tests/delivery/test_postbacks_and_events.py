"""Every event reaches the webhooks that asked for it; postbacks name values of the lead; dead ones can be replayed."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import time_machine
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk

from leadyard.app import Services
from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import WebhookInput
from leadyard.campaigns.model import Trigger
from leadyard.campaigns.webhooks import WebhookEvent, WebhookForm, WebhookSettings
from leadyard.delivery.model import FieldMapping
from leadyard.delivery.outbox import MessageState
from leadyard.delivery.webhooks import signature
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.storage.database import Database

EVERY_EVENT = tuple(WebhookEvent)


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1") as opened:
        opened.headers["x-key"] = desk.key
        yield opened
    await services.outbound.close()


async def take(call: Call) -> None:
    await call.answer("")


async def refuse(call: Call) -> None:
    await call.answer("", "500 No")


async def add_webhook(desk: Desk, url: str, **values: Any) -> int:
    document = WebhookInput(url=url, settings=WebhookSettings(**{"events": EVERY_EVENT, **values}))
    return (await setup.webhooks.create(desk.database, desk.actor, document)).id


async def work(desk: Desk) -> None:
    """Let a worker deliver and tell until nothing waits."""
    async with desk.working(desk.dsn, desk.settings), asyncio.timeout(20):
        waiting = f"state = {int(MessageState.WAITING)}"
        while await desk.rows("delivery_jobs") or await desk.rows("outbox", waiting):  # noqa: ASYNC110 - the worker tells nobody
            await asyncio.sleep(0.02)


async def test_every_event_of_a_lead_is_told(desk: Desk) -> None:
    held = await desk.campaign("HELD", quarantine=True)
    campaign = await desk.campaign("CARS")
    buyer_id = await desk.buyer()
    await desk.delivery(campaign.id, buyer_id)
    other = await desk.delivery(campaign.id, await desk.buyer("Other"), trigger=Trigger.MANUAL)
    async with buyer(take) as hook:
        await add_webhook(desk, hook.url)
        (lead_id,) = await desk.submitted(1)
        await desk.submitted(2, values={"email": "x"})
        kept, thrown = await desk.submitted(3, 4, campaign="HELD")
        await work(desk)
        await desk.quarantine.release(desk.principal, [kept])
        await desk.quarantine.reject(desk.principal, [thrown])
        await work(desk)
        await desk.after_sale.give_feedback(desk.principal, [lead_id], buyer_id, "Good")
        await desk.after_sale.return_leads(desk.principal, [lead_id], Ask(buyer_id, "DNCC", True))
        await desk.after_sale.assign(desk.principal, [lead_id], other.id)
        await work(desk)
        told = [json.loads(call.body) for call in hook.calls]
    seen = sorted((one["event"], one["details"]["campaign_id"]) for one in told)
    assert seen == sorted(
        [
            ("lead.accepted", campaign.id),
            ("lead.rejected", campaign.id),
            ("lead.quarantined", held.id),
            ("lead.quarantined", held.id),
            ("lead.accepted", held.id),
            ("lead.rejected", held.id),
            ("lead.unsold", held.id),
            ("lead.sold", campaign.id),
            ("lead.feedback", campaign.id),
            ("lead.returned", campaign.id),
            ("lead.assigned", campaign.id),
        ]
    )
    by_event = {one["event"]: one for one in told}
    assert by_event["lead.returned"]["details"]["reason"] == "DNCC"
    assert by_event["lead.feedback"]["details"]["feedback"] == "Good"
    assert list(by_event["lead.sold"])[:2] == ["reference", "event"]


async def test_a_delivery_that_gives_up_is_told_with_its_reason(desk: Desk) -> None:
    campaign = await desk.campaign()
    delivery = await desk.delivery(campaign.id, await desk.buyer(), "http://10.1.2.3/")
    async with buyer(take) as hook:
        await add_webhook(desk, hook.url, events=(WebhookEvent.DELIVERY_FAILED,))
        await desk.submitted(1)
        await work(desk)
        (call,) = hook.calls
    details = json.loads(call.body)["details"]
    assert details["delivery_id"] == delivery.id
    assert "not allowed" in details["reason"]


async def test_nothing_is_queued_that_no_webhook_wants(desk: Desk) -> None:
    campaign = await desk.campaign("CARS")
    other = await desk.campaign("OTHER")
    await desk.delivery(campaign.id, await desk.buyer())
    await add_webhook(desk, "http://127.0.0.1:9/", campaign_ids=(other.id,))
    await add_webhook(desk, "http://127.0.0.1:9/", supplier_ids=(1,), events=(WebhookEvent.LEAD_RETURNED,))
    await desk.submitted(1)
    await desk.submitted(2, is_test=True)
    await desk.work()
    assert await desk.rows("outbox") == []


async def test_a_get_postback_names_values_of_the_lead_and_signs_its_address(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    async with buyer(take) as hook:
        await add_webhook(
            desk,
            f"{hook.url}?cid={{{{ c1 }}}}&payout={{{{ payout }}}}&name={{{{ firstname | upper }}}}&e={{{{ event }}}}",
            form=WebhookForm.GET,
            secret="s3cret",
            events=(WebhookEvent.LEAD_SOLD,),
            supplier_ids=(1,),
        )
        await desk.submitted(1, values={"c1": "a&b=c d"})
        await work(desk)
        (call,) = hook.calls
    path = call.head.split(" ")[1]
    assert call.head.startswith("GET ")
    assert path == "/leads?cid=a%26b%3Dc%20d&payout=3.5&name=JO&e=lead.sold"
    header = next(line for line in call.head.split("\r\n") if line.lower().startswith("x-leadyard-signature"))
    given = header.split(": ", 1)[1]
    timestamp = int(given.split(",")[0].removeprefix("t="))
    address = hook.url.removesuffix("/leads") + path
    assert given == signature("s3cret", timestamp, address.encode())


async def test_a_form_postback_sends_its_fields(desk: Desk) -> None:
    await desk.campaign()
    fields = (FieldMapping("mail", "{{ email }}"), FieldMapping("why", "{{ event.code }}"))
    async with buyer(take) as hook:
        await add_webhook(
            desk, hook.url, form=WebhookForm.FORM, fields=fields, events=(WebhookEvent.LEAD_REJECTED,)
        )
        await desk.submitted(1)
        await desk.submitted(2, values={"email": "person.1@example.com"})
        await work(desk)
        (call,) = hook.calls
    assert call.head.startswith("POST ")
    assert call.body == b"mail=person.1%40example.com&why=-2"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"url": "https://x.example/?a={{ b", "settings": {"form": "get"}}, "url"),
        ({"url": "https://{{ host }}/", "settings": {"form": "get"}}, "url"),
        ({"url": "https://x.example/?a={{ b }}"}, "url"),
        (
            {"url": "https://x.example/", "settings": {"fields": [{"name": "a", "value": "b"}]}},
            "settings.fields",
        ),
        (
            {
                "url": "https://x.example/",
                "settings": {"form": "form", "fields": [{"name": "a", "value": "{{ b | nope }}"}]},
            },
            "settings.fields[0].value",
        ),
        ({"url": "https://x.example/", "settings": {"campaign_ids": [99]}}, "settings.campaign_ids[0]"),
        ({"url": "https://x.example/", "settings": {"affiliate_ids": [99]}}, "settings.affiliate_ids[0]"),
        ({"url": "https://x.example/?a={{ nobody }}", "settings": {"form": "get"}}, "url"),
        (
            {
                "url": "https://x.example/?a={{ event.commission.amount }}",
                "settings": {"form": "get", "events": ["purchase.created"]},
            },
            "url",
        ),
        (
            {
                "url": "https://x.example/",
                "settings": {
                    "form": "form",
                    "events": ["commission.created"],
                    "fields": [
                        {"name": "a", "value": "{{ event.commission.amount }}"},
                        {"name": "b", "value": "{{ email }}"},
                    ],
                },
            },
            "settings.fields[1].value",
        ),
        ({"url": "https://x.example/", "settings": {"events": ["lead.lost"]}}, "settings.events[0]"),
    ],
)
async def test_a_postback_that_cannot_work_is_refused(desk: Desk, document: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await setup.webhooks.create(desk.database, desk.actor, document)
    assert field in [problem.field for problem in refused.value.problems]


async def test_dead_messages_are_listed_and_sent_again(desk: Desk, own: httpx.AsyncClient) -> None:
    await desk.campaign()
    answers = [refuse]
    calls: list[Call] = []

    async def answer(call: Call) -> None:
        calls.append(call)
        await answers[0](call)

    async with buyer(answer) as hook:
        hook_id = await add_webhook(desk, hook.url, events=(WebhookEvent.LEAD_ACCEPTED,))
        await desk.submitted(1, 2)
        start = clock.now()
        for hours in range(11):
            with time_machine.travel(start + timedelta(hours=7 * hours), tick=True):
                async with desk.working(desk.dsn, desk.settings), asyncio.timeout(20):
                    while await desk.rows("outbox", f"tries <= {hours} AND state = 0"):  # noqa: ASYNC110 - the worker tells nobody
                        await asyncio.sleep(0.01)
        params: dict[str, Any] = {"state": "dead", "webhook_id": hook_id}
        dead = (await own.get("/webhook-messages", params=params)).json()["items"]
        assert [(one["state"], one["last_error"], one["tries"]) for one in dead] == [
            ("dead", "HTTP 500", 11)
        ] * 2
        answers[0] = take
        assert (await own.post(f"/webhook-messages/{dead[0]['id']}/replay")).status_code == 204
        assert (await own.post(f"/webhook-messages/{dead[0]['id']}/replay")).status_code == 409
        assert (await own.post("/webhook-messages/999/replay")).status_code == 404
        again = await own.post("/webhook-messages/replay", json={"webhook_id": hook_id})
        assert again.json() == {"count": 1}
        await work(desk)
    states = {one["state"] for one in (await own.get("/webhook-messages")).json()["items"]}
    assert states == {"sent"}


@pytest.mark.parametrize("event", EVERY_EVENT)
async def test_a_postback_may_ask_for_any_event(desk: Desk, event: WebhookEvent) -> None:
    document = {
        "url": "https://tracker.example.com/pb?e={{ event }}&id={{ event.id }}",
        "settings": {"form": "get", "events": [event]},
    }
    assert (await setup.webhooks.create(desk.database, desk.actor, document)).id == 1
