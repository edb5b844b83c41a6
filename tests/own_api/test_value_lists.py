"""Value lists: made of an array or of lines, read back, replaced, and kept while a rule names them."""

from typing import Any

import pytest
from httpx import AsyncClient

LISTS = "/api/v1/value-lists"
RULE = {"operand": "postcode", "operator": "in list", "list": "London"}


async def make(client: AsyncClient, **document: Any) -> dict[str, Any]:
    made = await client.post(LISTS, json={"reference": "LONDON", **document})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def values(client: AsyncClient, list_id: int) -> list[str]:
    answer = await client.get(f"{LISTS}/{list_id}/values")
    assert answer.status_code == 200
    found: list[str] = answer.json()["values"]
    return found


async def with_rule(client: AsyncClient) -> None:
    """A campaign whose delivery names the list."""
    await client.post("/api/v1/campaigns", json={"reference": "A", "name": "A"})
    await client.post("/api/v1/buyers", json={"company": "A"})
    document = {"campaign_id": 1, "buyer_id": 1, "reference": "A", "settings": {"rule": RULE}}
    made = await client.post("/api/v1/deliveries", json=document)
    assert made.status_code == 201, made.text


async def test_values_are_kept_in_normal_form_each_once(client: AsyncClient) -> None:
    made = await make(client, values=["SW1A", " e1  6AN", "sw1a", 10, 1.5, ""])
    assert (made["size"], made["reference"], made["status"]) == (4, "LONDON", "Active")
    assert "values" not in made
    assert await values(client, made["id"]) == ["1.5", "10", "e1 6an", "sw1a"]


async def test_lines_of_text_make_a_list_too(client: AsyncClient) -> None:
    made = await make(client, lines="N1\r\n\r\nE1\n")
    assert await values(client, made["id"]) == ["e1", "n1"]


async def test_new_values_replace_the_old_and_other_changes_keep_them(client: AsyncClient) -> None:
    made = await make(client, values=["N1"])
    renamed = (await client.patch(f"{LISTS}/{made['id']}", json={"name": "Postcodes"})).json()
    assert (renamed["name"], renamed["digest"]) == ("Postcodes", made["digest"])
    assert await values(client, made["id"]) == ["n1"]
    replaced = (await client.patch(f"{LISTS}/{made['id']}", json={"values": ["E1", "E2"]})).json()
    assert (replaced["size"], replaced["digest"] != made["digest"]) == (2, True)
    assert await values(client, made["id"]) == ["e1", "e2"]


async def test_a_hundred_thousand_values_are_no_trouble_and_one_more_is_refused(client: AsyncClient) -> None:
    made = await make(client, values=[f"{i:06}" for i in range(100_000)])
    assert made["size"] == 100_000
    lines = "\n".join(f"{i:06}" for i in range(100_001))
    refused = await client.patch(f"{LISTS}/{made['id']}", json={"lines": lines})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "lines", "detail": "must have at most 100000 values"}]
    assert len(await values(client, made["id"])) == 100_000


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"values": ["a"], "lines": "a"}, "lines"),
        ({"values": ["a" * 501]}, "values"),
        ({"values": ["a\0"]}, "values"),
        ({"values": [None]}, "values[0]"),
        ({"values": "a"}, "values"),
        ({"reference": ""}, "reference"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_list_is_refused(client: AsyncClient, document: dict[str, Any], field: str) -> None:
    refused = await client.post(LISTS, json={"reference": "LONDON", **document})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await client.get(LISTS)).json()["total"] == 0


async def test_a_reference_is_taken_once_in_any_case(client: AsyncClient) -> None:
    await make(client)
    assert (await client.post(LISTS, json={"reference": "london"})).status_code == 409


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"reference": "PARIS"})])
async def test_a_list_that_a_rule_names_stays(
    client: AsyncClient, method: str, body: dict[str, Any] | None
) -> None:
    made = await make(client, values=["N1"])
    await with_rule(client)
    refused = await client.request(method, f"{LISTS}/{made['id']}", json=body)
    assert refused.status_code == 409
    assert "a rule names this list" in refused.text
    assert (await client.get(f"{LISTS}/{made['id']}")).json()["status"] == "Active"

    await client.delete("/api/v1/deliveries/1")
    assert (await client.request(method, f"{LISTS}/{made['id']}", json=body)).is_success


async def test_a_rule_cannot_name_a_list_of_another_account(
    client: AsyncClient, foreign: AsyncClient
) -> None:
    await make(foreign)
    await client.post("/api/v1/campaigns", json={"reference": "A", "name": "A"})
    settings = {"quarantine_rule": RULE}
    refused = await client.patch("/api/v1/campaigns/1", json={"settings": settings})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"field": "settings.quarantine_rule.list", "detail": "is not a value list"}
    ]


async def test_the_values_of_a_foreign_list_are_not_found(client: AsyncClient, foreign: AsyncClient) -> None:
    made = await make(client)
    assert (await foreign.get(f"{LISTS}/{made['id']}/values")).status_code == 404
