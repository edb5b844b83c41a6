"""Paths, methods, trailing slashes (docs/leaddyno.md, "Keys")."""

import pytest
from tests.dialects.leaddyno.world import PRIVATE_KEY, World


@pytest.mark.parametrize("path", ["/affiliates/", "/affiliates//", "/affiliates/count/", "/campaigns/"])
async def test_a_trailing_slash_changes_nothing(world: World, path: str) -> None:
    assert (await world.call("GET", path)).status_code == 200


@pytest.mark.parametrize("path", ["//v1/leads", "/v1//leads", "/v1///leads//count//", "//v1//affiliates"])
async def test_slashes_that_follow_another_count_as_one(world: World, path: str) -> None:
    answer = await world.http.get(f"http://leads.test{path}", params={"key": PRIVATE_KEY})
    assert (answer.status_code, answer.json()) == (200, {"count": 0} if "count" in path else [])


@pytest.mark.parametrize(
    "path", ["/leads.json", "/leads/count.json", "/campaigns/7.json", "/leads/1/purchases.json/"]
)
async def test_the_ending_json_changes_nothing(world: World, path: str) -> None:
    plain = await world.call("GET", path.replace(".json", ""))
    answer = await world.call("GET", path)
    assert (answer.status_code, answer.content) == (plain.status_code, plain.content)


async def test_an_address_in_the_path_keeps_its_ending(world: World) -> None:
    made = await world.post("/affiliates", email="ann@shop.json")
    assert await world.get("/affiliates/ann@shop.json") == made


@pytest.mark.parametrize(("path", "status"), [("/leads", 200), ("/leads/1", 404), ("/leads/import", 405)])
async def test_head_answers_like_get_without_a_body(world: World, path: str, status: int) -> None:
    answer = await world.http.head(path, params={"key": PRIVATE_KEY})
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["content-type"] == "application/json"
    unknown = await world.http.head(path)
    assert unknown.status_code == (405 if status == 405 else 401)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/nothing", "/affiliates/1", "/affiliates/abc", "/affiliates/-1", "/affiliates/0", "/affiliates/1.0",
        "/affiliates/99999999999999999999999999", "/affiliates/9223372036854775807", "/affiliates/%D9%A1",
        "/affiliates/1/nothing", "/affiliates/count/count", "/affiliates/%00", "/affiliates/{id}", "/affiliates//1", "/.json",
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
