"""Secrets go in and never come out."""

from typing import Any

from httpx import AsyncClient

from leadyard.campaigns import service
from leadyard.identity.actor import Actor
from leadyard.storage.database import Database

HTTP: dict[str, Any] = {
    "url": "https://crm.example.com/leads",
    "body": "json",
    "fields": [{"name": "email", "value": "{{ email }}"}, {"name": "key", "value": "{{ secret.site }}"}],
    "headers": [{"name": "X-Api-Key", "value": "{{ secret.api }}"}],
    "secrets": [{"name": "site", "value": "site-secret"}, {"name": "api", "value": "api-secret"}],
    "auth": {"kind": "basic", "username": "me", "password": "basic-secret"},
}


async def set_up(client: AsyncClient) -> dict[str, Any]:
    field = {"name": "email", "label": "Email", "data_type": "Email Address"}
    await client.post("/api/v1/campaigns", json={"reference": "A", "name": "A", "fields": [field]})
    await client.post("/api/v1/buyers", json={"company": "A"})
    document = {
        "campaign_id": 1,
        "buyer_id": 1,
        "reference": "CRM",
        "settings": {"kind": "Direct Post", "http": HTTP},
    }
    made = await client.post("/api/v1/deliveries", json=document)
    assert made.status_code == 201, made.text
    delivery: dict[str, Any] = made.json()
    return delivery


async def test_secrets_are_masked_in_every_answer(client: AsyncClient) -> None:
    await set_up(client)

    answers = [
        await client.get("/api/v1/deliveries/1"),
        await client.get("/api/v1/deliveries"),
        await client.patch("/api/v1/deliveries/1", json={"reference": "New"}),
        await client.get("/api/v1/audit-log"),
        await client.post("/api/v1/deliveries/1/preview", json={"values": {"email": "a@b.cd"}}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    shown = [answer.text for answer in answers]
    assert all("-secret" not in text for text in shown)
    assert '"password":"********"' in shown[0]
    assert '"value":"********"' in shown[0]


async def test_the_mask_sent_back_keeps_the_stored_secret(
    client: AsyncClient, database: Database, actor: Actor
) -> None:
    delivery = await set_up(client)
    http = delivery["settings"]["http"]
    http["secrets"] = [http["secrets"][1], {"name": "site", "value": "another"}]

    changed = await client.patch("/api/v1/deliveries/1", json={"settings": {"http": http}})

    assert changed.status_code == 200, changed.text
    stored = (await service.deliveries.read(database, actor.account_id, 1)).settings.http
    assert stored is not None
    assert [(s.name, s.value) for s in stored.secrets] == [("api", "api-secret"), ("site", "another")]
    assert stored.auth is not None
    assert stored.auth.password == "basic-secret"  # type: ignore[union-attr]


async def test_a_webhooks_secret_is_masked_and_kept(
    client: AsyncClient, database: Database, actor: Actor
) -> None:
    made = await client.post(
        "/api/v1/webhooks", json={"url": "https://example.com/hook", "settings": {"secret": "sign-me"}}
    )

    assert made.json()["settings"]["secret"] == "********"
    await client.patch(
        "/api/v1/webhooks/1", json={"settings": {**made.json()["settings"], "reference": "CRM"}}
    )
    stored = await service.webhooks.read(database, actor.account_id, 1)
    assert (stored.settings.secret, stored.settings.reference) == ("sign-me", "CRM")


async def test_a_preview_shows_the_request_and_warns_of_unknown_names(client: AsyncClient) -> None:
    await set_up(client)
    await client.patch(
        "/api/v1/deliveries/1",
        json={"settings": {"http": {"fields": [{"name": "car", "value": "{{ email }}/{{ make_of_car }}"}]}}},
    )

    preview = (await client.post("/api/v1/deliveries/1/preview", json={"values": {"email": "a@b.cd"}})).json()

    assert preview["request"]["url"] == "https://crm.example.com/leads"
    assert "a@b.cd" in preview["request"]["body"]
    assert preview["warnings"] == ["make_of_car is not a field of the campaign: it will be empty."]


async def test_templates_and_rules_that_cannot_work_are_all_named(client: AsyncClient) -> None:
    await set_up(client)
    settings = {
        "http": {"fields": [{"name": "a", "value": "{{ email | nonsense }}"}, {"name": "b", "value": "{{"}]},
        "answers": {"rules": [{"kind": "regex", "pattern": "(", "outcome": "accept"}]},
    }

    refused = await client.patch("/api/v1/deliveries/1", json={"settings": settings})

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "settings.http.fields[0].value",
        "settings.http.fields[1].value",
        "settings.answers.rules[0].pattern",
    }
