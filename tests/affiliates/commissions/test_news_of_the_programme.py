"""Webhooks are told of purchases and commissions in the unit of work that makes them, and only those that asked."""

from pathlib import Path
from typing import Any

import pytest
from tests.affiliates.shop import BASIC, Shop, new_shop
from tests.delivery.buyers import Call, buyer
from tests.delivery.test_postbacks_and_events import work

from leadyard.campaigns import service as setup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.event_names import event_values, names_of
from leadyard.kit.errors import InvalidInputError
from leadyard.storage.database import Database


@pytest.fixture
async def shop(database: Database, dsn: str, tmp_path: Path) -> Shop:
    shop = await new_shop(database, dsn, tmp_path)
    await shop.plan("basic", *BASIC)
    await shop.affiliate("child")
    return shop


async def hook(shop: Shop, *events: str, **more: Any) -> int:
    document = {"url": "https://crm.example.com/hook", "settings": {"events": list(events), **more}}
    return (await setup.webhooks.create(shop.database, shop.actor, document)).id


async def told(shop: Shop) -> list[tuple[int, str, str]]:
    found = []
    for row in await shop.rows("outbox"):
        thing = row["payload"].get("commission") or row["payload"].get("purchase")
        found.append((row["webhook_id"], row["event"], thing["amount"]))
    return sorted(found)


async def test_each_webhook_is_told_what_it_asked_for(shop: Shop) -> None:
    campaign = await shop.campaign()
    money = await hook(shop, "commission.created", "commission.paid", "commission.cancelled")
    sales = await hook(shop, "purchase.created", "purchase.cancelled", "lead.sold")
    await hook(shop, "purchase.created", campaign_ids=[campaign.id])
    bought = await shop.buy(amount="80", code="child")
    await shop.mark_paid(bought, await shop.known("child"))
    await shop.cancel(bought)
    assert await told(shop) == [
        (money, "commission.created", "-8"),
        (money, "commission.created", "8"),
        (money, "commission.paid", "8"),
        (sales, "purchase.cancelled", "80"),
        (sales, "purchase.created", "80"),
    ]


async def test_nothing_is_told_of_what_was_refused_or_repeated(shop: Shop) -> None:
    await hook(shop, "purchase.created", "commission.created")
    with pytest.raises(InvalidInputError):
        await shop.buy(amount="-1", code="child")
    await shop.buy(amount="80", purchase_code="A1", code="child")
    await shop.buy(amount="80", purchase_code="A1", code="child")
    assert [event for _, event, _ in await told(shop)] == ["commission.created", "purchase.created"]


async def test_webhooks_are_told_what_a_changed_purchase_changes(shop: Shop) -> None:
    money = await hook(shop, "commission.changed", "commission.created")
    sales = await hook(shop, "purchase.changed")
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    await shop.change(bought, "100")
    await shop.change(bought, "100")
    await shop.buy(amount="50", purchase_code="A1", code="child")

    assert await told(shop) == [
        (money, "commission.changed", "10"),
        (money, "commission.changed", "5"),
        (money, "commission.created", "8"),
        (sales, "purchase.changed", "100"),
        (sales, "purchase.changed", "50"),
    ]


async def take(call: Call) -> None:
    await call.answer("")


async def test_a_postback_names_what_the_event_carries(shop: Shop) -> None:
    async with buyer(take) as tracker:
        document = {
            "url": f"{tracker.url}?who={{{{ event.commission.affiliate_id }}}}&sum={{{{ event.commission.amount }}}}",
            "settings": {"form": "get", "events": ["commission.created"]},
        }
        await setup.webhooks.create(shop.database, shop.actor, document)
        form = {
            "url": tracker.url,
            "settings": {
                "form": "form",
                "events": ["purchase.created", "purchase.cancelled"],
                "fields": [
                    {"name": "what", "value": "{{ event }}"},
                    {"name": "code", "value": "{{ event.purchase.purchase_code }}"},
                ],
            },
        }
        await setup.webhooks.create(shop.database, shop.actor, form)
        await shop.buy(amount="80", code="child", purchase_code="A 1")
        await work(shop)
    child = await shop.known("child")
    called = sorted((call.head.split(" ")[1], call.body) for call in tracker.calls)
    assert called == [
        ("/leads", b"what=purchase.created&code=A+1"),
        (f"/leads?who={child.id}&sum=8", b""),
    ]


async def test_a_webhook_for_certain_affiliates_is_told_of_them_alone(shop: Shop) -> None:
    await shop.affiliate("other")
    child = await shop.known("child")
    only = await hook(shop, "purchase.created", "commission.created", "lead.sold", affiliate_ids=[child.id])
    every = await hook(shop, "purchase.created")
    await shop.buy(amount="80", code="child")
    await shop.buy(amount="20", code="other")
    assert await told(shop) == [
        (only, "commission.created", "8"),
        (only, "purchase.created", "80"),
        (every, "purchase.created", "20"),
        (every, "purchase.created", "80"),
    ]


async def test_everything_that_an_event_carries_has_a_name(shop: Shop) -> None:
    events = [one for one in WebhookEvent if one.partition(".")[0] not in ("lead", "delivery")]
    await hook(shop, *events)
    bought = await shop.buy(amount="80", code="child")
    await shop.mark_paid(bought, await shop.known("child"))
    await shop.cancel(bought)
    rows = await shop.rows("outbox")
    assert {row["event"] for row in rows} >= {"person.created", "purchase.created", "commission.paid"}
    for row in rows:
        known = names_of([WebhookEvent(row["event"])], ())
        assert event_values(row["event"], row["payload"]).keys() <= known
        (kind,) = row["payload"]
        named = {name for name in known if name.startswith(f"event.{kind}.")}
        assert named == {f"event.{kind}.{name}" for name in row["payload"][kind]}
