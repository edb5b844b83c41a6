"""The limit of requests a minute (docs/leaddyno.md, "Rate limit")."""

import asyncio
from pathlib import Path

import time_machine
from tests.dialects.leaddyno.world import OTHER_KEY, World

from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings


async def test_two_hundred_requests_a_minute_are_taken(world: World) -> None:
    answers = await asyncio.gather(*(world.call("GET", "/campaigns/count") for _ in range(220)))

    assert sum(answer.status_code == 200 for answer in answers) == 200
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json() == {
        "error": "Too many requests: the limit is 200 per minute",
        "message": "API rate limit exceeded",
    }
    assert (await world.call("GET", "/campaigns/count", key=OTHER_KEY)).status_code == 200


async def test_who_waits_is_served(world: World) -> None:
    await world.settings(requests_per_minute=2)
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False) as clock:
        assert (await world.call("GET", "/campaigns/count")).status_code == 200
        clock.shift(20)
        assert (await world.call("GET", "/campaigns/count")).status_code == 200
        clock.shift(10.5)
        refused = await world.call("GET", "/campaigns/count")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "30"
        clock.shift(29)
        assert (await world.call("GET", "/campaigns/count")).status_code == 429
        clock.shift(1)
        assert (await world.call("GET", "/campaigns/count")).status_code == 200


async def test_the_limit_is_over_all_keys_of_an_account(world: World) -> None:
    await world.settings(requests_per_minute=2)
    document = KeyInput(reference="second", kind=KindOfKey.LEADDYNO_PRIVATE)
    _, key = await identity.create_key(world.database, world.exchange.actor, document)

    answers = [(await world.call("GET", "/campaigns", key=k)).status_code for k in (key, key)]
    answers.append((await world.call("GET", "/campaigns")).status_code)

    assert answers == [200, 200, 429]


async def test_refused_requests_and_wrong_keys_do_not_count(world: World) -> None:
    await world.settings(requests_per_minute=2)
    for _ in range(3):
        assert (await world.call("GET", "/affiliates/by_email")).status_code == 400
        assert (await world.call("GET", "/affiliates", key="0" * 40)).status_code == 401
        assert (await world.call("DELETE", "/affiliates")).status_code == 405

    answers = [(await world.call("GET", "/campaigns")).status_code for _ in range(4)]

    assert answers == [200, 200, 429, 429]


async def test_nought_is_no_limit(world: World) -> None:
    await world.settings(requests_per_minute=0)
    answers = await asyncio.gather(*(world.call("GET", "/campaigns/count") for _ in range(210)))
    assert {answer.status_code for answer in answers} == {200}


async def test_the_environment_says_what_is_usual(world: World, tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"LEADYARD_LEADDYNO_REQUESTS_PER_MINUTE": "1", "LEADYARD_DATA_DIR": str(tmp_path)}
    )
    strict = World(world.database, settings)
    try:
        assert [(await strict.call("GET", "/campaigns")).status_code for _ in range(2)] == [200, 429]
    finally:
        await strict.close()
