"""What hangs on a campaign: fields one at a time, and suppliers with their terms."""

import pytest
from httpx import AsyncClient

EMAIL = {"name": "email", "label": "Email", "data_type": "Email Address"}


@pytest.fixture(autouse=True)
async def campaign(client: AsyncClient) -> None:
    settings = {"dedupe": {"fields": ["email"]}}
    document = {"reference": "A", "name": "A", "fields": [EMAIL], "settings": settings}
    assert (await client.post("/api/v1/campaigns", json=document)).status_code == 201


async def test_a_field_is_added_changed_and_taken_out(client: AsyncClient) -> None:
    made = await client.post(
        "/api/v1/campaigns/1/fields", json={"name": "data1", "label": "car", "data_type": "Text"}
    )
    changed = await client.patch(made.headers["location"], json={"required": True})
    removed = await client.delete(made.headers["location"])

    assert made.status_code == 201
    assert (changed.json()["required"], changed.json()["label"]) == (True, "car")
    assert removed.status_code == 204
    assert (await client.get(made.headers["location"])).status_code == 404
    assert (await client.get("/api/v1/campaigns/1/fields")).json()["total"] == 1


async def test_a_field_that_finds_duplicates_cannot_be_taken_out(client: AsyncClient) -> None:
    assert (await client.delete("/api/v1/campaigns/1/fields/email")).status_code == 409


async def test_a_fields_name_is_taken_once_and_stays(client: AsyncClient) -> None:
    again = await client.post("/api/v1/campaigns/1/fields", json=EMAIL)
    renamed = await client.patch("/api/v1/campaigns/1/fields/email", json={"name": "mail"})

    assert (again.status_code, renamed.status_code) == (409, 409)


async def test_a_field_that_cannot_work_is_refused_in_its_own_words(client: AsyncClient) -> None:
    refused = await client.post(
        "/api/v1/campaigns/1/fields",
        json={"name": "Data 1", "label": "", "data_type": "Text", "differs_from": "nobody"},
    )

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"name", "differs_from"}


async def test_terms_are_put_replaced_and_taken_away(client: AsyncClient) -> None:
    await client.post("/api/v1/suppliers", json={"name": "A"})
    path = "/api/v1/campaigns/1/suppliers/1"

    made = await client.put(path, json={"payout": {"kind": "fixed", "amount": 3.5}, "caps": {"day": 5}})
    replaced = await client.put(path, json={"caps": {"day": 6}})

    assert (made.status_code, made.headers["location"]) == (201, path)
    assert made.json()["payout"]["amount"] == "3.5"
    assert replaced.status_code == 200
    assert replaced.json()["payout"] is None
    assert (await client.get("/api/v1/campaigns/1/suppliers")).json()["items"] == [replaced.json()]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    "document", [{"payout": {"kind": "percent", "amount": 101}}, {"caps": {"day": -1}}, {"x": 1}]
)
async def test_terms_that_cannot_be_are_refused(client: AsyncClient, document: dict[str, object]) -> None:
    await client.post("/api/v1/suppliers", json={"name": "A"})

    assert (await client.put("/api/v1/campaigns/1/suppliers/1", json=document)).status_code == 422


async def test_terms_of_an_unknown_supplier_are_not_found(client: AsyncClient) -> None:
    assert (await client.put("/api/v1/campaigns/1/suppliers/9", json={})).status_code == 404
