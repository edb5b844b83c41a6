"""The beacon answers every page alike, and writes what it took with one row."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from tests.tracking.collector.conftest import Page
from tests.tracking.conftest import SHOP


@pytest.mark.parametrize("kind", ["visit", "lead", "purchase", "cancel"])
async def test_an_event_is_kept_until_it_is_worked_in(page: Page, kind: str) -> None:
    answer = await page.send(kind, t="t-1", u=SHOP, e="jo@example.com")

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert answer.headers["access-control-allow-origin"] == "*"
    [event] = await page.rows("collector_events")
    assert (event["body"]["t"], event["body"]["u"], event["body"]["ip"]) == ("t-1", SHOP, "127.0.0.1")
    assert "k" not in event["body"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"null", b'"k"', b"{", b"\xff\xfe", b'{"k":', b"[" * 60_000, b'{"k":"' + b"0" * 40 + b'"}',
        b"{}", b'{"k":7}', b'{"k":null}', b'{"k":{"a":1}}', b'{"k":"x\\u0000"}', b'{"t":"\\ud800"}',
    ],
)  # fmt: skip
async def test_what_cannot_be_read_or_has_no_known_key_is_answered_and_not_stored(
    page: Page, body: bytes
) -> None:
    answer = await page.post("visit", body)

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert await page.rows("collector_events") == []


async def test_private_keys_are_no_keys_of_the_beacon(page: Page) -> None:
    answer = await page.post("visit", json.dumps({"k": page.site.exchange.key, "u": SHOP}).encode())

    assert answer.json() == {"ok": True}
    assert await page.rows("collector_events") == []


@pytest.mark.parametrize(
    "members",
    [
        {"t": 12, "u": ["x"], "d": "text", "e": None},
        {"u": "\x00" + "x" * 5000, "d": {"a\x00": ["\x00", {"b": "\x00"}]}, "n": {}},
        {"u": "http://[", "r": "::::", "a": "\x00", "ch": "\u202e" * 400},
        {"d": {"n": 10**300, "f": 1e300, "deep": [[[[[[[[]]]]]]]]}},
    ],
)
async def test_strange_members_are_kept_as_far_as_they_make_sense(
    page: Page, members: dict[str, Any]
) -> None:
    answer = await page.send("visit", **members)

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    [event] = await page.rows("collector_events")
    assert len(event["body"].get("u", "")) <= 2048
    assert await page.worked_in() == 1
    assert await page.rows("collector_problems") == []


async def test_too_large_a_body_is_refused_and_not_stored(page: Page) -> None:
    answer = await page.send("visit", u="x" * 100_000)

    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == "*"
    assert await page.rows("collector_events") == []


async def test_the_image_is_a_visit_without_script(page: Page) -> None:
    url = f"{SHOP}?afmc=ann"
    answer = await page.client.get(
        "/collector/v1/visit.gif", params={"k": page.key, "u": url}, headers={"user-agent": "Mozilla/5.0"}
    )

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content[:6] == b"GIF89a"
    await page.worked_in()
    [visitor] = await page.rows("visitors")
    assert (visitor["affiliate_id"], len(visitor["tracking_code"])) == (21, 36)


async def test_without_u_the_image_stands_on_the_page_that_shows_it(page: Page) -> None:
    headers = {"user-agent": "Mozilla/5.0", "referer": f"{SHOP}?afmc=bob"}
    await page.client.get("/collector/v1/visit.gif", params={"k": page.key}, headers=headers)
    await page.worked_in()

    [visitor] = await page.rows("visitors")
    assert visitor["affiliate_id"] == 22


async def test_other_methods_and_paths_have_their_answers(page: Page) -> None:
    preflight = await page.client.options(
        "/collector/v1/visit", headers={"origin": "https://shop.example.com"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert (await page.client.get("/collector/v1/lead")).status_code == 405
    assert (await page.client.post("/collector/v1/other")).status_code == 404
    assert (await page.post("visit/", json.dumps({"k": page.key}).encode())).status_code == 200


async def test_bots_are_answered_and_not_stored(page: Page) -> None:
    body = json.dumps({"k": page.key, "u": SHOP}).encode()
    answer = await page.post("visit", body, **{"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0)"})

    assert answer.json() == {"ok": True}
    assert await page.rows("collector_events") == []


async def test_a_crowd_is_taken_whole(page: Page) -> None:
    answers = await asyncio.gather(
        *(page.send("visit", t=f"t-{n % 10}", n=str(uuid.uuid4()), u=f"{SHOP}?afmc=ann") for n in range(200))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await page.worked_in() == 200
    assert len(await page.rows("visitors")) == 10
    assert len(await page.rows("touches")) == 200
    assert await page.rows("collector_events") == []
