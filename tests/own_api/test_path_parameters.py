"""What the document says of a path's parameters is what the handlers take, for every operation of the server."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from tests.own_api.test_openapi_document import METHODS, document_of

Call = tuple[str, str, dict[str, Any]]
"""A method, a path with its parameters, and the operation."""

NOBODYS = 9_007_199_254
NAMES = {
    "name": "no_such_field",
    "type": "SMS",
    "address": "+447700900999",
    "currency": "XTS",
    "to_currency": "GBP",
    "day": "2026-03-01",
}
OTHER_ANSWERS = {
    "readBillingSystem": 200,
    "putBillingSystem": 200,
    "assignLead": 422,
    "givePersonCredit": 422,
}
"""Every account has billing systems; the examples of the others name a delivery and an affiliate that are not there."""


def calls_with_parts(document: dict[str, Any]) -> list[Call]:
    return [
        (method, path, item[method])
        for path, item in document["paths"].items()
        for method in sorted(METHODS & set(item))
        if "{" in path
    ]


def schema_of(part: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = part["schema"].get("$ref")
    schema: dict[str, Any] = part["schema"]
    return schema if reference is None else document["components"]["schemas"][reference.rpartition("/")[2]]


def fitting(part: dict[str, Any], document: dict[str, Any]) -> str:
    """A value that the schema of a path's parameter allows, and that nothing has."""
    schema = schema_of(part, document)
    if schema.get("type") == "integer":
        return str(NOBODYS)
    if schema.get("format") == "uuid":
        return str(uuid4())
    return str(schema["enum"][0]) if "enum" in schema else NAMES[part["name"]]


def parts_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [parameter for parameter in operation["parameters"] if parameter["in"] == "path"]


async def send(client: AsyncClient, call: Call, values: dict[str, str]) -> Response:
    method, path, operation = call
    sent: dict[str, Any] = {}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        sent["json"] = content["application/json"].get("example", {})
    elif content:
        sent = {"content": "email\nann@example.com\n", "headers": {"content-type": next(iter(content))}}
    return await client.request(method, path.format(**values), **sent)


async def test_a_value_of_the_documented_type_reaches_the_handler_of_every_operation(
    whole: AsyncClient,
) -> None:
    document = await document_of(whole)
    calls = calls_with_parts(document)
    answers = {}
    for call in calls:
        values = {part["name"]: fitting(part, document) for part in parts_of(call[2])}
        answer = await send(whole, call, values)
        answers[call[2]["operationId"]] = answer.status_code

    assert len(calls) > 100
    assert {name: status for name, status in answers.items() if status != 404} == OTHER_ANSWERS


async def test_what_cannot_be_of_the_documented_type_is_not_found(whole: AsyncClient) -> None:
    document = await document_of(whole)
    for call in calls_with_parts(document):
        for part in parts_of(call[2]):
            if "pattern" in part["schema"] or "minLength" in part["schema"]:
                continue
            values = {other["name"]: fitting(other, document) for other in parts_of(call[2])}
            answer = await send(whole, call, {**values, part["name"]: "-1x"})
            assert answer.status_code == 404, (call[:2], answer.text)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/suppressions/{type}/{address}", "address", {"type": "string", "minLength": 3, "maxLength": 254}),
        ("/tracker-events/{id}/retry", "id", {"type": "string", "format": "uuid"}),
        (
            "/campaigns/{campaign_id}/fields/{name}",
            "name",
            {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        ),
        ("/leads/{id}", "id", {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}),
    ],
)
async def test_generated_clients_learn_what_a_part_of_a_path_is(
    whole: AsyncClient, path: str, name: str, expected: dict[str, Any]
) -> None:
    item = (await document_of(whole))["paths"][f"/api/v1{path}"]
    for method in METHODS & set(item):
        shown = {part["name"]: part["schema"] for part in parts_of(item[method])}
        assert shown[name] == expected


async def test_billing_systems_are_named_in_the_document_and_their_parameter_is_theirs(
    whole: AsyncClient,
) -> None:
    [part] = parts_of((await document_of(whole))["paths"]["/api/v1/billing-systems/{name}"]["get"])

    assert "stripe" in part["schema"]["enum"]
    assert part["description"] == "The billing system."
