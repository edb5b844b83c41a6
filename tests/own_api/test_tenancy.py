"""What belongs to another account answers exactly as what does not exist, and nothing changes."""

from typing import Any

from httpx import AsyncClient, Response

DOCUMENTS: dict[str, dict[str, Any]] = {
    "campaigns": {
        "reference": "A",
        "name": "A",
        "fields": [{"name": "email", "label": "", "data_type": "Text"}],
    },
    "suppliers": {"name": "A"},
    "buyers": {"company": "A"},
    "deliveries": {"campaign_id": 1, "buyer_id": 1, "reference": "A"},
    "webhooks": {"url": "https://example.com"},
    "value-lists": {"reference": "A"},
    "return-reasons": {"code": "A", "label": "A"},
    "keys": {"reference": "A"},
}


def told(response: Response) -> tuple[int, str]:
    return response.status_code, response.text


async def test_foreign_ids_answer_exactly_as_unknown_ids(client: AsyncClient, foreign: AsyncClient) -> None:
    for noun, document in DOCUMENTS.items():
        made = await client.post(f"/api/v1/{noun}", json=document)
        assert made.status_code == 201, made.text
        own_id, unknown_id = made.json()["id"], 999
        if noun == "keys":
            own_id = 2
        for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
            theirs = await foreign.request(method, f"/api/v1/{noun}/{own_id}", json=body)
            unknown = await foreign.request(method, f"/api/v1/{noun}/{unknown_id}", json=body)
            assert told(theirs) == told(unknown), (noun, method)
            assert theirs.status_code == 404
        assert (await client.get(f"/api/v1/{noun}/{own_id}")).status_code == 200


async def test_what_hangs_on_a_foreign_campaign_is_not_found(
    client: AsyncClient, foreign: AsyncClient
) -> None:
    await client.post("/api/v1/campaigns", json=DOCUMENTS["campaigns"])
    await foreign.post("/api/v1/suppliers", json={"name": "Theirs"})

    for method, path, body in (
        ("GET", "/campaigns/1/fields", None),
        ("POST", "/campaigns/1/fields", {"name": "x", "label": "", "data_type": "Text"}),
        ("DELETE", "/campaigns/1/fields/email", None),
        ("GET", "/campaigns/1/suppliers", None),
        ("PUT", "/campaigns/1/suppliers/1", {}),
    ):
        response = await foreign.request(method, f"/api/v1{path}", json=body)
        assert response.status_code == 404, (method, path)


async def test_a_delivery_cannot_name_a_foreign_campaign_or_buyer(
    client: AsyncClient, foreign: AsyncClient
) -> None:
    await client.post("/api/v1/campaigns", json=DOCUMENTS["campaigns"])
    await client.post("/api/v1/buyers", json=DOCUMENTS["buyers"])

    refused = await foreign.post("/api/v1/deliveries", json=DOCUMENTS["deliveries"])

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["campaign_id", "buyer_id"]


async def test_lists_show_the_own_account_alone(client: AsyncClient, foreign: AsyncClient) -> None:
    for noun, document in DOCUMENTS.items():
        await client.post(f"/api/v1/{noun}", json=document)

    for noun in DOCUMENTS:
        listed = (await foreign.get(f"/api/v1/{noun}")).json()
        assert listed["total"] == (1 if noun == "keys" else 0)
    entities = {item["entity"] for item in (await foreign.get("/api/v1/audit-log")).json()["items"]}
    assert entities == {"account", "key"}
