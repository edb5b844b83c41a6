"""The whole web process without a socket, called as billing systems call it, and a server that plays PayPal."""

import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from aiohttp import web as aiohttp_web
from tests.exchange import Exchange, new_exchange

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web


class Shop:
    """One account's billing: calls with its private key, and what came of them."""

    def __init__(
        self, exchange: Exchange, client: httpx.AsyncClient, private_key: str, public_key: str
    ) -> None:
        self.exchange = exchange
        self.client = client
        self.private_key = private_key
        self.public_key = public_key

    async def post(
        self, path: str, body: object, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """Post a document as JSON, or a text as it is."""
        content = body if isinstance(body, str | bytes) else msgspec.json.encode(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            path, params={"key": self.private_key if key is None else key}, content=content, headers=named
        )

    async def told(self, path: str, body: object, **headers: str) -> list[str]:
        """Post a message that must be taken; gives what became of it."""
        answer = await self.post(path, body, **headers)
        assert answer.status_code == 200, answer.text
        results: list[str] = answer.json()["results"]
        return results

    async def own(self, method: str, path: str, **details: Any) -> httpx.Response:
        """Call the own API with the operator's key."""
        headers = {"Authorization": f"Bearer {self.exchange.key}"}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **details)

    async def purchases(self) -> list[dict[str, Any]]:
        """Give the purchases as they are kept."""
        return [dict(row) for row in await self.exchange.rows("purchases")]


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    exchange = await new_exchange(database)
    keys = [
        await identity.create_key(database, exchange.actor, KeyInput(reference=kind.value, kind=kind))
        for kind in (KindOfKey.LEADDYNO_PRIVATE, KindOfKey.LEADDYNO_PUBLIC)
    ]
    services = Services(database, Settings(data_dir=tmp_path, allowed_networks=(ip_network("127.0.0.0/8"),)))
    await services.open()
    web = Web(services)
    transport = httpx.ASGITransport(cast("Any", web))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test") as client:
        yield Shop(exchange, client, *(text for _, text in keys))
    await web.close()
    await services.close()


class PayPal:
    """Answers whether it sent a notification, and keeps what it was asked."""

    def __init__(self) -> None:
        self.verdict = "VERIFIED"
        self.asked: list[str] = []
        self.url = ""

    async def handle(self, request: aiohttp_web.Request) -> aiohttp_web.StreamResponse:
        """Give the verdict."""
        self.asked.append(await request.text())
        return aiohttp_web.Response(text=self.verdict)


@pytest.fixture
async def paypal() -> AsyncIterator[PayPal]:
    server = PayPal()
    application = aiohttp_web.Application()
    application.router.add_post("/", server.handle)
    runner = aiohttp_web.AppRunner(application)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await aiohttp_web.SockSite(runner, listener).start()
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    yield server
    await runner.cleanup()
