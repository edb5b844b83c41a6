"""Distributions, prices, margins and pings through the own API: what is taken, what is refused and why."""

from typing import Any

import pytest
from httpx import AsyncClient

CAMPAIGN = {"reference": "SOLAR-UK", "name": "Solar"}
TARGET = {"url": "https://buyer.example.com/ping", "secrets": [{"name": "key", "value": "ping-secret"}]}
TREE = {
    "method": "Hybrid",
    "others": "after",
    "members": [
        {"group": {"method": "Auction", "members": [{"delivery_id": 1}, {"delivery_id": 2}]}},
        {
            "group": {
                "method": "Weighted",
                "sale": "shared",
                "sell_limit": 3,
                "members": [{"delivery_id": 3, "weight": 70}, {"delivery_id": 4, "weight": 30}],
            }
        },
    ],
}


async def problems(client: AsyncClient, path: str, document: dict[str, Any]) -> dict[str, str]:
    answer = await client.post(path, json=document)
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["detail"] for one in answer.json()["errors"]}


async def test_a_tree_comes_back_as_it_was_sent_and_a_name_stays_a_name(client: AsyncClient) -> None:
    delivery = await ready(client)
    for _ in range(4):
        assert (await client.post("/api/v1/deliveries", json=delivery)).status_code == 201
    made = await client.patch("/api/v1/campaigns/1", json={"settings": {"distribution": TREE}})
    assert made.status_code == 200, made.text
    shown = made.json()["settings"]["distribution"]
    assert (shown["method"], shown["others"]) == ("Hybrid", "after")
    assert shown["members"][1]["group"]["members"][0] == {"delivery_id": 3, "group": None, "weight": 70}
    named = await client.patch("/api/v1/campaigns/1", json={"settings": {"distribution": "Evenly Weighted"}})
    assert named.json()["settings"]["distribution"] == "Evenly Weighted"


@pytest.mark.parametrize(
    ("distribution", "field", "detail"),
    [
        ("Roulette", "settings.distribution", "must be one of Standard, Priority"),
        (
            {"members": [{"delivery_id": 1}, {"group": {"members": [{"delivery_id": 1}]}}]},
            "settings.distribution",
            "names delivery 1 twice",
        ),
        ({"members": [{}]}, "settings.distribution.members[0]", "must have either delivery_id or group"),
        (
            {"members": [{"delivery_id": 1, "group": {}}]},
            "settings.distribution.members[0]",
            "must have either delivery_id or group",
        ),
        ({"sell_limit": 2}, "settings.distribution.sell_limit", "must be 1 where the sale is exclusive"),
        ({"best_price": True}, "settings.distribution.best_price", "is for hybrid sales"),
        (
            {"method": "Auction", "sale": "hybrid"},
            "settings.distribution.sale",
            "must be exclusive or shared in an auction",
        ),
        (
            {"method": "Auction", "members": [{"group": {}}]},
            "settings.distribution.members[0]",
            "must be a delivery in an auction or a hybrid sale",
        ),
        (
            {"members": [{"group": {"members": [{"delivery_id": 77}]}}]},
            "settings.distribution.members[0].group.members[0].delivery_id",
            "is not a delivery of the campaign",
        ),
        ({"method": "Weighted", "members": [{"delivery_id": 1, "weight": 0}]}, None, None),
        ({"sell_limit": 0}, None, None),
        ({"surprise": 1}, None, None),
        (5, None, None),
    ],
)
async def test_a_distribution_that_cannot_work_is_refused(
    client: AsyncClient, distribution: Any, field: str | None, detail: str | None
) -> None:
    found = await problems(
        client, "/api/v1/campaigns", {**CAMPAIGN, "settings": {"distribution": distribution}}
    )
    if field is not None and detail is not None:
        assert detail in found[field]
    assert (await client.get("/api/v1/campaigns")).json()["total"] == 0


async def test_groups_may_not_be_too_deep(client: AsyncClient) -> None:
    inner: dict[str, Any] = {"members": [{"delivery_id": 1}]}
    for _ in range(4):
        inner = {"members": [{"group": inner}]}
    found = await problems(client, "/api/v1/campaigns", {**CAMPAIGN, "settings": {"distribution": inner}})
    assert "is more than 4 groups deep" in found.values()


async def test_a_distribution_names_deliveries_of_its_own_campaign(client: AsyncClient) -> None:
    delivery = await ready(client)
    await client.post("/api/v1/deliveries", json=delivery)
    await client.post("/api/v1/deliveries", json={**delivery, "campaign_id": 2})
    tree = {"settings": {"distribution": {"members": [{"delivery_id": 1}, {"delivery_id": 2}]}}}
    refused = await client.patch("/api/v1/campaigns/1", json=tree)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == [
        "settings.distribution.members[1].delivery_id"
    ]
    own = {"settings": {"distribution": {"members": [{"delivery_id": 1}]}}}
    assert (await client.patch("/api/v1/campaigns/1", json=own)).status_code == 200
    moved = await client.patch("/api/v1/deliveries/1", json={"campaign_id": 2})
    assert [(one["field"], one["detail"]) for one in moved.json()["errors"]] == [
        ("campaign_id", "cannot change: the distribution of campaign 1 names the delivery")
    ]
    await client.delete("/api/v1/deliveries/1")
    renamed = await client.patch("/api/v1/campaigns/1", json={"name": "Solar again"})
    assert renamed.status_code == 200, renamed.text


async def test_percentages_and_amounts_have_bounds(client: AsyncClient) -> None:
    settings = {"auction": {"margin_percent": "101"}, "margin": {"minimum_percent": "100.5"}}
    found = await problems(client, "/api/v1/campaigns", {**CAMPAIGN, "settings": settings})
    assert found == {
        "settings.auction.margin_percent": "must be from 0 to 100",
        "settings.margin.minimum_percent": "must be from 0 to 100",
    }
    negative = {**CAMPAIGN, "settings": {"margin": {"minimum": "-1"}}}
    assert "settings.margin.minimum" in await problems(client, "/api/v1/campaigns", negative)


async def ready(client: AsyncClient) -> dict[str, Any]:
    await client.post("/api/v1/campaigns", json=CAMPAIGN)
    await client.post("/api/v1/campaigns", json={"reference": "OTHER", "name": "Other"})
    await client.post("/api/v1/buyers", json={"company": "A"})
    return {"campaign_id": 1, "buyer_id": 1, "reference": "A"}


async def test_a_ping_is_for_ping_post_and_masks_its_secrets(client: AsyncClient) -> None:
    delivery = await ready(client)
    ping = {"http": TARGET}
    settings = {"kind": "PingPost", "http": TARGET, "ping": ping}
    made = await client.post("/api/v1/deliveries", json={**delivery, "settings": settings})
    assert made.status_code == 201, made.text
    assert "ping-secret" not in made.text
    for wrong, field, detail in (
        ({"kind": "PingPost", "http": TARGET}, "settings.ping", "is required for PingPost"),
        ({"kind": "PingPost", "ping": ping}, "settings.http", "is required for PingPost"),
        ({"kind": "Direct Post", "http": TARGET, "ping": ping}, "settings.ping", "is not for Direct Post"),
        (
            {**settings, "ping": {"http": {"url": "https://x.example.com/{{ a | b }}"}}},
            "settings.ping.http.url",
            "There is no filter 'b'",
        ),
        (
            {**settings, "ping": {**ping, "least_milliseconds": 900, "most_milliseconds": 800}},
            "settings.ping.least_milliseconds",
            "must not be more than most_milliseconds",
        ),
    ):
        found = await problems(client, "/api/v1/deliveries", {**delivery, "settings": wrong})
        assert detail in found[field]


async def test_a_delivery_follows_another_of_its_own_campaign(client: AsyncClient) -> None:
    delivery = await ready(client)
    first = await client.post("/api/v1/deliveries", json=delivery)
    linked = {**delivery, "settings": {"after": first.json()["id"]}}
    assert (await client.post("/api/v1/deliveries", json=linked)).status_code == 201
    found = await problems(client, "/api/v1/deliveries", {**linked, "campaign_id": 2})
    assert found == {"settings.after": "is not a delivery of the campaign"}
    for after in (1, 2):
        answer = await client.patch("/api/v1/deliveries/1", json={"settings": {"after": after}})
        assert [one["field"] for one in answer.json()["errors"]] == ["settings.after"]
    third = {**delivery, "settings": {"after": 2}}
    made = await client.post("/api/v1/deliveries", json=third)
    assert made.status_code == 201
    loop = await client.patch("/api/v1/deliveries/1", json={"settings": {"after": made.json()["id"]}})
    assert [(one["field"], one["detail"]) for one in loop.json()["errors"]] == [
        ("settings.after", "follows this delivery")
    ]
    left = await client.patch("/api/v1/deliveries/1", json={"campaign_id": 2})
    assert left.json()["errors"][0]["detail"] == "cannot change: delivery 2 names the delivery"
    both = {**delivery, "settings": {"after": first.json()["id"], "sweeper": True}}
    assert "settings.sweeper" in await problems(client, "/api/v1/deliveries", both)
