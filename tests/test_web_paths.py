"""The web process sends each path to the part that owns it, and answers for the others itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from leadyard.app import Services
from leadyard.dialects.leadbyte import LeadByteDialect
from leadyard.dialects.leaddyno import LeadDynoDialect
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    web = Web(Services(database, Settings(data_dir=tmp_path)))
    transport = httpx.ASGITransport(cast("httpx._transports.asgi._ASGIApp", web))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test") as opened:
        yield opened
    await web.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_front_door_leads_to_the_documentation(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/")
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "/api/docs", b"")
    assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/nothing"), ("GET", "/apis")])
async def test_an_address_of_no_part_is_a_problem_that_says_so(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "errors": [],
    }


async def test_what_is_wrong_with_the_set_up_api_says_so_there(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/campaigns")).status_code == 401
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_leaddynos_paths_are_answered_in_its_words(client: httpx.AsyncClient) -> None:
    for path in ("/v1", "/v1/", "/v1/leads", "/v1/leads/"):
        answer = await client.get(path)
        assert answer.status_code in {401, 404}
        assert isinstance(answer.json()["error"], str)
    assert (await client.get("/v10/leads")).headers["content-type"] == "application/problem+json"


def test_no_path_of_leadbyte_is_leaddynos() -> None:
    paths = (
        "/restapi/v1.3/leads",
        "/restapi/v1.1/waitsubmit",
        "/waitsubmit",
        "/api/submit.php",
        "/api/v1/keys",
    )
    assert not any(LeadDynoDialect.owns(path) for path in paths)
    assert not any(LeadByteDialect.owns(path) for path in ("/v1/leads", "/v1", "/v1/campaigns/7"))


async def test_the_tracking_script_stands_at_its_path_and_names_this_server(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/js")

    assert answer.status_code == 200
    assert "http://127.0.0.1:8080" in answer.text
    assert (await client.get("/jsx")).status_code == 404
