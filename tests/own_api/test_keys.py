"""Keys through the own API."""

import pytest
from httpx import AsyncClient

from leadyard.campaigns.configuration import Configuration
from leadyard.storage.database import Database

KEY = {"reference": "Landing pages", "settings": {"permissions": ["Leads > Create"]}}


async def test_a_key_is_shown_once(client: AsyncClient) -> None:
    made = await client.post("/api/v1/keys", json=KEY)

    assert made.status_code == 201, made.text
    key = made.json()["key"]
    read = await client.get(made.headers["location"])
    assert read.json()["hint"] == key[-4:]
    assert key not in read.text
    assert key not in (await client.get("/api/v1/keys")).text
    assert key not in (await client.get("/api/v1/audit-log")).text


async def test_a_revoked_key_is_refused_at_once_by_another_process(
    client: AsyncClient, database: Database
) -> None:
    other_process = Configuration(database)
    made = (await client.post("/api/v1/keys", json=KEY)).json()
    assert await other_process.current_principal(made["key"]) is not None

    revoked = await client.delete(f"/api/v1/keys/{made['id']}")

    assert revoked.status_code == 204
    assert await other_process.current_principal(made["key"]) is None
    assert (await client.get(f"/api/v1/keys/{made['id']}")).json()["revoked_at"] is not None
    assert (await client.delete(f"/api/v1/keys/{made['id']}")).status_code == 204


async def test_a_revoked_key_stays_as_it_is(client: AsyncClient) -> None:
    made = (await client.post("/api/v1/keys", json=KEY)).json()
    await client.delete(f"/api/v1/keys/{made['id']}")

    changed = await client.patch(f"/api/v1/keys/{made['id']}", json={"reference": "Back"})

    assert changed.status_code == 409


async def test_a_key_can_be_switched_off_and_given_other_permissions(client: AsyncClient) -> None:
    made = (await client.post("/api/v1/keys", json=KEY)).json()
    settings = {"active": False, "permissions": ["Reports"]}

    changed = await client.patch(f"/api/v1/keys/{made['id']}", json={"settings": settings})

    assert changed.status_code == 200, changed.text
    assert changed.json()["settings"]["active"] is False
    assert changed.json()["settings"]["permissions"] == ["Reports"]


async def test_what_a_key_is_tied_to_stays(client: AsyncClient) -> None:
    await client.post("/api/v1/suppliers", json={"name": "A"})
    made = (await client.post("/api/v1/keys", json=KEY)).json()

    changed = await client.patch(f"/api/v1/keys/{made['id']}", json={"kind": "supplier", "supplier_id": 1})

    assert changed.status_code == 409


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"reference": ""}, ["reference"]),
        ({"reference": "x", "kind": "owner"}, ["kind"]),
        ({"reference": "x", "kind": "supplier"}, ["supplier_id"]),
        ({"reference": "x", "kind": "supplier", "supplier_id": 5}, ["supplier_id"]),
        ({"reference": "x", "kind": "buyer", "supplier_id": 5}, ["supplier_id", "buyer_id"]),
        ({"reference": "x", "settings": {"permissions": ["Everything"]}}, ["settings.permissions[0]"]),
        ({"reference": "x", "settings": {"allowed_addresses": ["home"]}}, ["settings.allowed_addresses[0]"]),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    client: AsyncClient, document: dict[str, object], fields: list[str]
) -> None:
    refused = await client.post("/api/v1/keys", json=document)

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == set(fields)


async def test_a_suppliers_key_may_hold_few_permissions(client: AsyncClient) -> None:
    await client.post("/api/v1/suppliers", json={"name": "A"})
    document = {**KEY, "kind": "supplier", "supplier_id": 1, "settings": {"permissions": ["Reports"]}}

    refused = await client.post("/api/v1/keys", json=document)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["detail"] == "Reports is not for a supplier key"


@pytest.mark.parametrize("kind", ["leaddyno_private", "leaddyno_public"])
async def test_leaddynos_keys_have_forty_digits_and_open_nothing_here(
    client: AsyncClient, anonymous: AsyncClient, kind: str
) -> None:
    made = await client.post("/api/v1/keys", json={"reference": "Shop", "kind": kind})

    assert made.status_code == 201, made.text
    key = made.json()["key"]
    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")
    refused = await anonymous.get("/api/v1/keys", headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 401
    ticked = {"reference": "Shop", "kind": kind, "settings": {"permissions": ["Reports"]}}
    assert (await client.post("/api/v1/keys", json=ticked)).status_code == 422
