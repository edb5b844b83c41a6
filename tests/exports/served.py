"""The own API with its exports over uvicorn, the keys to ask with, and files read back."""

import asyncio
import contextlib
import csv
import io
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn
from tests.desk import Desk

from leadyard.app import Services
from leadyard.exports.api import section
from leadyard.exports.service import Exports
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, Permission
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@contextlib.asynccontextmanager
async def serving(
    desk: Desk, *, page: int = 1000, database: Database | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The own API over uvicorn, with the administrator's key; exports read so many rows at once."""
    services = Services(desk.database, desk.settings)
    exports = Exports(database or desk.database, services.configuration, page=page)
    app: Any = create(
        desk.database, services.configuration, more_sections=(*sections(services), section(exports))
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    try:
        async with httpx.AsyncClient(base_url=url, headers={"x-key": desk.key}, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        await running
        listener.close()
        await services.close()


async def key_of(desk: Desk, kind: KindOfKey, **tied: int) -> str:
    """The key of a supplier or a buyer with every permission that it may hold."""
    permissions = tuple(sorted(ALLOWED[KeyKind[kind.name]]))
    document = KeyInput(
        reference=kind.value, kind=kind, settings=KeySettings(permissions=permissions), **tied
    )
    return (await identity.create_key(desk.database, desk.actor, document))[1]


async def key_with(desk: Desk, *permissions: Permission) -> str:
    """An administrator's key with these permissions."""
    document = KeyInput(reference="some", settings=KeySettings(permissions=permissions))
    return (await identity.create_key(desk.database, desk.actor, document))[1]


async def csv_of(
    client: httpx.AsyncClient, path: str = "/exports/leads", **query: Any
) -> list[dict[str, str]]:
    """The rows of an export, by their headings."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))
