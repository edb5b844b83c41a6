"""The web process on a real socket, and whoever works in what it took."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.tracking.conftest import Site
from tests.tracking.following import Notes

from leadyard.app import Services
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.tracking.collector.working_in import work_in
from leadyard.web import Web

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0 Safari/537.36"


class Page:
    """A page of the site, in a browser that sends beacons."""

    def __init__(self, site: Site, client: httpx.AsyncClient, key: str) -> None:
        self.site = site
        self.client = client
        self.key = key
        self.notes = Notes()

    async def send(self, kind: str, **members: Any) -> httpx.Response:
        body = json.dumps({"k": self.key, **members})
        return await self.post(kind, body.encode())

    async def post(self, kind: str, body: bytes, **headers: str) -> httpx.Response:
        usual = {"content-type": "text/plain;charset=UTF-8", "user-agent": BROWSER, **headers}
        return await self.client.post(f"/collector/v1/{kind}", content=body, headers=usual)

    async def worked_in(self) -> int:
        return await work_in(self.site.database, self.site.account_id, following=self.notes)

    async def rows(self, table: str) -> list[Any]:
        return await self.site.exchange.rows(table)


@pytest.fixture
async def page(site: Site, tmp_path: Path) -> AsyncIterator[Page]:
    """A page whose account has a public key."""
    _, key = await identity.create_key(
        site.database, site.exchange.actor, KeyInput(reference="tracker", kind=KindOfKey.LEADDYNO_PUBLIC)
    )
    web = Web(Services(site.database, Settings(data_dir=tmp_path)))
    config = uvicorn.Config(web, http="httptools", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
        yield Page(site, client, key)
    server.should_exit = True
    await running
    await web.close()
