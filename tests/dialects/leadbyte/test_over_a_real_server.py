"""The same over uvicorn and a socket: the header with the underscore arrives, and so does everything else."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from tests.dialects.leadbyte.world import PLAIN_KEY, World, new_lead


@contextlib.asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        world.dialect, http="httptools", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


@pytest.mark.parametrize("header", ["X_KEY", "x_key", "X-KEY"])
async def test_the_key_arrives_in_its_header(world: World, header: str) -> None:
    async with served(world) as url, httpx.AsyncClient(base_url=url) as client:
        reply = await client.get("/restapi/v1.2/campaigns", headers={header: PLAIN_KEY})
        assert reply.status_code == 200
        assert reply.json()[0]["id"] == "9"


async def test_leads_are_posted_in_chunks_and_as_forms(world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"lead":{"campid":"EXAMPLE-CAMPAIGN","sid":"1","email":"a@example.com",'
        yield b'"firstname":"Jo","lastname":"B","data13":"Mini"}}'

    async with served(world) as url, httpx.AsyncClient(base_url=url, headers={"X_KEY": PLAIN_KEY}) as client:
        chunked = await client.post("/restapi/v1.3/leads", content=chunks())
        assert chunked.json()["status"] == "Success"
        form = await client.post("/restapi/v1.3/leads", data=new_lead())
        assert form.json()["status"] == "Success"
        multipart = await client.post(
            "/restapi/v1.3/leads", files={name: (None, value) for name, value in new_lead().items()}
        )
        assert multipart.json()["status"] == "Success"


async def test_a_get_with_a_body_and_odd_urls(world: World) -> None:
    async with served(world) as url, httpx.AsyncClient(base_url=url, headers={"X_KEY": PLAIN_KEY}) as client:
        many = await client.request("GET", "/restapi/v1.3/apiqueue", json={"queueIds": ["x"]})
        assert many.json()["records"][0]["status"] == "Not Found"
        plain = await client.get("/restapi/v1.3/campaigns", headers={"content-type": "application/json"})
        assert plain.status_code == 200
        for path in (
            "/restapi/v1.3/leads/%00",
            "/restapi/v1.3/leads/%ff%fe",
            "/restapi/v1.3/campaigns/%E2%80%AE",
        ):
            assert (await client.get(path)).status_code == 404
        ask = await client.options("/restapi/v1.3/leads")
        assert (ask.status_code, ask.content) == (204, b"")


async def test_a_body_that_is_too_large_is_refused_and_the_caller_sees_why(world: World) -> None:
    async with served(world) as url, httpx.AsyncClient(base_url=url, headers={"X_KEY": PLAIN_KEY}) as client:
        reply = await client.post("/restapi/v1.3/leads", content=b"x=" + b"y" * 10_500_000)
        assert reply.status_code == 413
        assert reply.json()["status"] == "Error"
