"""Requests as the well-known clients send them, over a real server: Ruby, PHP, node, Python, curl, Zapier."""

import asyncio
import http.client
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import uvicorn
from tests.dialects.leaddyno.world import PRIVATE_KEY, World

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def port(world: World) -> AsyncIterator[int]:
    """A real HTTP server in front of the dialect."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        world.dialect, http="httptools", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await running


async def _send(
    port: int, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    def send() -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, f"/v1{path}", body, headers or {})
            answer = connection.getresponse()
            return answer.status, msgspec.json.decode(answer.read())
        finally:
            connection.close()

    return await asyncio.to_thread(send)


async def test_a_ruby_client_with_the_key_in_the_query_and_nested_forms(port: int) -> None:
    body = (
        "email=jo%40example.com&purchase_code=R-1&purchase_amount=59.9900&line_items%5B%5D%5Bsku%5D=a"
        "&line_items%5B%5D%5Bquantity%5D=2&line_items%5B%5D%5Bsku%5D=b&custom=&plan_code="
    )
    status, made = await _send(port, "POST", f"/purchases?key={PRIVATE_KEY}", body, {"Content-Type": FORM})
    assert (status, made["purchase_amount"]) == (201, "59.99")
    status, gone = await _send(port, "DELETE", f"/purchases/{made['id']}?key={PRIVATE_KEY}&source=refund")
    assert (status, gone["cancelled"]) == (200, True)


async def test_a_php_client_with_json_and_nulls(port: int) -> None:
    document: dict[str, Any] = {
        "key": PRIVATE_KEY, "email": "jo@example.com", "code": None, "tracking_code": "", "purchase_amount": 19.9,
        "purchase_code": 1001, "reassign_affiliate": 0, "line_items": [],
    }  # fmt: skip
    body = msgspec.json.encode(document).decode().replace("/", "\\/")
    status, made = await _send(port, "POST", "/purchases", body, {"Content-Type": "application/json"})
    assert (status, made["purchase_code"], made["purchase_amount"]) == (201, "1001", "19.9")


async def test_a_node_client_that_deletes_with_a_json_body(port: int) -> None:
    headers = {"Content-Type": "application/json;charset=utf-8", "Authorization": f"Bearer {PRIVATE_KEY}"}
    status, lead = await _send(port, "POST", "/leads", '{"email":"jo@example.com"}', headers)
    assert status == 201
    await _send(port, "POST", "/purchases", '{"email":"jo@example.com","purchase_code":"N-1"}', headers)
    body = '{"source":"node","cancellation_code":"C-1"}'
    status, gone = await _send(port, "DELETE", f"/leads/{lead['id']}/purchases", body, headers)
    assert (status, gone[0]["cancellation"]["cancellation_code"]) == (200, "C-1")


async def test_a_client_that_gets_with_a_body(port: int) -> None:
    await _send(port, "POST", "/leads", f"key={PRIVATE_KEY}&email=jo%40example.com", {"Content-Type": FORM})
    status, found = await _send(
        port, "GET", "/leads", f'{{"key":"{PRIVATE_KEY}"}}', {"Content-Type": "application/json"}
    )
    assert (status, [lead["email"] for lead in found]) == (200, ["jo@example.com"])


async def test_a_client_with_multipart_and_an_upper_case_header(port: int) -> None:
    body = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\njo@example.com\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "KEY": PRIVATE_KEY}
    status, made = await _send(port, "POST", "/affiliates", body, headers)
    assert (status, made["email"]) == (201, "jo@example.com")
    status, again = await _send(port, "GET", "/affiliates/jo%40example.com/", None, {"key": PRIVATE_KEY})
    assert (status, again) == (200, made)


async def test_a_polling_client_pages_by_the_growth_of_a_count(port: int, world: World) -> None:
    rows = [{"email": f"l{n}@example.com"} for n in range(130)]
    await world.post("/leads/import", leads=rows)
    _, counted = await _send(port, "GET", f"/leads/count?key={PRIVATE_KEY}")
    pages = -(-counted["count"] // 100)
    found = []
    for page in range(1, pages + 1):
        found += (await _send(port, "GET", f"/leads?key={PRIVATE_KEY}&page={page}"))[1]
    assert [lead["email"] for lead in found] == [row["email"] for row in reversed(rows)]
