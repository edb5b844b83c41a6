"""Paths, methods, trailing slashes (docs/leaddyno.md, "Keys")."""

import pytest
from tests.dialects.leaddyno.world import PRIVATE_KEY, World


@pytest.mark.parametrize("path", ["/affiliates/", "/affiliates//", "/affiliates/count/", "/campaigns/"])
async def test_a_trailing_slash_changes_nothing(world: World, path: str) -> None:
    assert (await world.call("GET", path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/nothing", "/affiliates/1", "/affiliates/abc", "/affiliates/-1", "/affiliates/0", "/affiliates/1.0",
        "/affiliates/99999999999999999999999999", "/affiliates/9223372036854775807", "/affiliates/%D9%A1",
        "/affiliates/1/nothing", "/affiliates/count/count", "/affiliates/%00", "/affiliates/{id}", "/affiliates//1",
        "/affiliates/nobody@example.com", "/affiliates/a%00b@example.com", "/campaigns/5", "/campaign/5",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    answer = await world.call("GET", path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "Not found"}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/affiliates", "GET, POST"),
        ("PATCH", "/affiliates/1", "GET, PUT"),
        ("POST", "/affiliates/count", "GET"),
        ("GET", "/affiliates/1/archive", "POST"),
        ("PUT", "/campaigns/7", "GET"),
        ("OPTIONS", "/affiliates", "GET, POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    world: World, method: str, path: str, allow: str
) -> None:
    answer = await world.http.request(method, path, params={"key": PRIVATE_KEY})
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert isinstance(answer.json()["error"], str)


async def test_an_affiliate_is_found_by_its_address_in_the_path(world: World) -> None:
    made = await world.post("/affiliates", email="Ann+x@example.com")
    for path in ("/affiliates/ann+x@example.com", "/affiliates/Ann%2Bx%40example.com"):
        assert await world.get(path) == made


async def test_answers_are_json(world: World) -> None:
    for path in ("/affiliates", "/affiliates/1", "/affiliates/by_email"):
        answer = await world.call("GET", path)
        assert answer.headers["content-type"] == "application/json"
