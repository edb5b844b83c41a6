"""The OpenAPI document holds together and is served to anybody."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from httpx import AsyncClient

METHODS = {"get", "put", "post", "patch", "delete"}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


async def document_of(client: AsyncClient) -> dict[str, Any]:
    response = await client.get("/api/openapi.json")
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item[method] for item in document["paths"].values() for method in METHODS & set(item)]


def refusal_text(document: dict[str, Any], operation: dict[str, Any], status: str) -> str:
    refusal = operation["responses"][status]
    text: str = document["components"]["responses"].get(status, {}).get("description", "")
    return text if "$ref" in refusal else str(refusal["description"])


async def test_every_reference_leads_somewhere(anonymous: AsyncClient) -> None:
    document = await document_of(anonymous)

    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


async def test_every_schema_is_a_json_schema(anonymous: AsyncClient) -> None:
    for schema in (await document_of(anonymous))["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


async def test_every_operation_has_an_id_words_and_refusals(anonymous: AsyncClient) -> None:
    document = await document_of(anonymous)
    operations = operations_of(document)

    assert document["openapi"] == "3.1.0"
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert {"401", "403", "503"} <= set(operation["responses"])
        assert all(parameter["description"] for parameter in operation["parameters"])


async def test_every_operation_says_more_than_its_permission_in_words_of_its_own(whole: AsyncClient) -> None:
    document = await document_of(whole)
    described = {
        operation["operationId"]: operation["description"].partition("Needs the permission")[0].strip()
        for operation in operations_of(document)
    }

    assert len(described) > 200
    assert [name for name, text in described.items() if len(text) < 40] == []
    assert [name for name, text in described.items() if list(described.values()).count(text) > 1] == []


async def test_bodies_are_refused_at_the_size_that_each_operation_takes(whole: AsyncClient) -> None:
    document = await document_of(whole)
    sizes = {
        operation["operationId"]: refusal_text(document, operation, "413")
        for operation in operations_of(document)
        if "413" in operation["responses"]
    }

    assert sizes["createCampaign"] == "The body is larger than 2 MiB."
    assert sizes["uploadSuppressed"] == "The body is larger than 80 MiB."
    assert sizes["startImport"] == "The body is larger than 256 MiB."


async def test_every_example_is_accepted(client: AsyncClient) -> None:
    document = await document_of(client)
    for noun in ("campaigns", "suppliers", "buyers"):
        content = document["paths"][f"/api/v1/{noun}"]["post"]["requestBody"]["content"]["application/json"]
        assert (await client.post(f"/api/v1/{noun}", json=content["example"])).status_code == 201

    for noun in ("deliveries", "webhooks", "keys"):
        content = document["paths"][f"/api/v1/{noun}"]["post"]["requestBody"]["content"]["application/json"]
        example = {**content["example"], "campaign_id": 1} if noun == "deliveries" else content["example"]
        made = await client.post(f"/api/v1/{noun}", json=example)
        assert made.status_code == 201, made.text
