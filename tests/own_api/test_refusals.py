"""What cannot be read or is not allowed gets a problem document that says why."""

from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from leadyard.campaigns.configuration import Configuration
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.own_api.app import create
from leadyard.settings_values import networks
from leadyard.storage.database import Database

CAMPAIGN = {"reference": "SOLAR-UK", "name": "Solar"}
JSON = {"content-type": "application/json"}


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_a_call_without_a_key_is_refused(anonymous: AsyncClient) -> None:
    response = await anonymous.get("/api/v1/campaigns")

    problem_of(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "é" * 32, "'; DROP TABLE leads"])
async def test_a_wrong_key_is_refused(anonymous: AsyncClient, key: str) -> None:
    headers = {b"X-Key": key.encode()}

    problem_of(await anonymous.get("/api/v1/campaigns", headers=headers), 401)


async def test_a_key_that_may_only_read_cannot_write(
    anonymous: AsyncClient, database: Database, actor: Actor
) -> None:
    document = {"reference": "Reader", "settings": {"permissions": ["Set-up > Read"]}}
    _, key = await identity.create_key(database, actor, document)

    read = await anonymous.get("/api/v1/campaigns", headers={"X-Key": key})
    written = await anonymous.post("/api/v1/campaigns", json=CAMPAIGN, headers={"X-Key": key})

    assert read.status_code == 200
    assert problem_of(written, 403)["detail"] == "Permission denied: Set-up > Write"


async def test_a_key_is_refused_from_an_address_that_is_not_its_own(
    anonymous: AsyncClient, database: Database, actor: Actor
) -> None:
    settings = {"permissions": ["Set-up > Read"], "allowed_addresses": ["203.0.113.0/24"]}
    _, key = await identity.create_key(database, actor, {"reference": "Far", "settings": settings})

    problem_of(await anonymous.get("/api/v1/campaigns", headers={"X-Key": key}), 403)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
        b"[" * 70 + b"]" * 70,
        b"1" * 5000,
    ],
)
async def test_a_body_that_is_not_json_is_refused(client: AsyncClient, body: bytes) -> None:
    problem_of(await client.post("/api/v1/campaigns", content=body, headers=JSON), 400)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1"])
async def test_a_body_that_is_no_object_is_refused(client: AsyncClient, body: bytes) -> None:
    await client.post("/api/v1/campaigns", json=CAMPAIGN)

    problem_of(await client.post("/api/v1/campaigns", content=body, headers=JSON), 422)
    problem_of(await client.patch("/api/v1/campaigns/1", content=body, headers=JSON), 422)


async def test_nul_characters_are_refused_by_name(client: AsyncClient) -> None:
    problem = problem_of(await client.post("/api/v1/campaigns", json={**CAMPAIGN, "name": "a\0b"}), 422)

    assert problem["errors"] == [{"field": "name", "detail": "must not contain NUL characters"}]


async def test_a_body_over_two_mebibytes_is_refused(client: AsyncClient) -> None:
    body = b'{"name": "' + b"a" * (2 * 1024 * 1024) + b'"}'

    problem_of(await client.post("/api/v1/campaigns", content=body, headers=JSON), 413)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_type_is_refused(client: AsyncClient, content_type: str) -> None:
    headers = {"content-type": content_type}

    problem_of(await client.post("/api/v1/campaigns", content=b"{}", headers=headers), 415)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/campaigns", "/api", "/api/v1/campaigns/1/x"])
async def test_an_unknown_address_is_not_found(client: AsyncClient, path: str) -> None:
    problem_of(await client.get(path), 404)


async def test_a_wrong_method_is_told_the_right_ones(client: AsyncClient) -> None:
    response = await client.put("/api/v1/campaigns", json=CAMPAIGN)

    problem_of(response, 405)
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize(
    "identifier", ["0", "-1", "x", "1.0", "9" * 15, "9" * 16, "9" * 400, "%00", "%F0%9F", "\uff11"]
)
@pytest.mark.parametrize("noun", ["campaigns", "suppliers", "buyers", "deliveries", "webhooks", "keys"])
async def test_an_id_that_cannot_be_is_not_found(client: AsyncClient, noun: str, identifier: str) -> None:
    problem_of(await client.get(f"/api/v1/{noun}/{identifier}"), 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=99999999999999999999", "page"),
        ("per_page=201", "per_page"),
        ("per_page=x", "per_page"),
        ("status=Gone", "status"),
        ("status=%00", "status"),
        ("staus=Active", "staus"),
    ],
)
async def test_a_bad_parameter_is_named(client: AsyncClient, query: str, field: str) -> None:
    problem = problem_of(await client.get(f"/api/v1/campaigns?{query}"), 422)

    assert [error["field"] for error in problem["errors"]] == [field]


async def test_numbers_beyond_all_bounds_are_refused(client: AsyncClient) -> None:
    body = b'{"campaign_id": 123456789012345678901234567890, "buyer_id": 1e300, "reference": "x"}'

    problem = problem_of(await client.post("/api/v1/deliveries", content=body, headers=JSON), 422)

    assert [error["field"] for error in problem["errors"]] == ["campaign_id", "buyer_id"]


async def test_refusals_speak_plainly(client: AsyncClient) -> None:
    body = {"reference": "", "name": 5, "status": "Gone"}
    problem = problem_of(await client.post("/api/v1/campaigns", json=body), 422)

    assert {error["field"]: error["detail"] for error in problem["errors"]} == {
        "reference": "must not be empty",
        "name": "must be a text, not a whole number",
        "status": "must be one of Active, Inactive, Archived",
    }


@pytest.mark.parametrize(
    ("trusted", "forwarded", "status"),
    [
        ("127.0.0.0/8", "203.0.113.9", 200),
        ("127.0.0.0/8", "203.0.113.9, 198.51.100.1", 403),
        ("127.0.0.0/8", "", 403),
        ("10.0.0.0/8", "203.0.113.9", 403),
        ("", "203.0.113.9", 403),
    ],
)
async def test_a_forwarded_address_counts_when_a_trusted_proxy_says_it(
    database: Database, actor: Actor, trusted: str, forwarded: str, status: int
) -> None:
    settings = {"permissions": ["Set-up > Read"], "allowed_addresses": ["203.0.113.0/24"]}
    _, key = await identity.create_key(database, actor, {"reference": "Far", "settings": settings})
    proxies = networks(trusted) if trusted else ()
    app: Any = create(database, Configuration(database), trusted_proxies=proxies)
    headers = {"X-Key": key, "X-Forwarded-For": forwarded}

    async with AsyncClient(transport=ASGITransport(app), base_url="http://leads.test") as client:
        assert (await client.get("/api/v1/campaigns", headers=headers)).status_code == status
