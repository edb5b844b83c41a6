"""A desk whose exports are asked for over a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.desk import Desk, new_desk

from leadyard.app import Services
from leadyard.exports.api import section
from leadyard.exports.service import Exports
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, Permission
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@contextlib.asynccontextmanager
async def serving(desk: Desk, *, page: int = 1000) -> AsyncIterator[httpx.AsyncClient]:
    """The own API over uvicorn, with the administrator's key."""
    services = Services(desk.database, desk.settings)
    exports = Exports(desk.database, services.configuration, page=page)
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


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(desk, page=7) as client:
        yield client


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
