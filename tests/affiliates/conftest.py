"""The own API of affiliates over ASGI, called with the keys of two accounts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.exchange import Exchange, new_exchange

from leadyard.app import Services
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    """An account with nothing but a supplier and a key."""
    return await new_exchange(database)


@pytest.fixture
async def stranger(database: Database, exchange: Exchange) -> Exchange:
    """Another account."""
    return await new_exchange(database, {"slug": "other", "takes_other_hosts": False})


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> AsyncIterator[Web]:
    """The whole web process, without a socket."""
    web = Web(Services(database, Settings(data_dir=tmp_path, public_base_url="https://leads.example.com")))
    yield web
    await web.close()


@pytest.fixture
async def client(web: Web, exchange: Exchange) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that may do everything."""
    async with _client(web, exchange.key) as client:
        yield client


@pytest.fixture
async def foreign(web: Web, stranger: Exchange) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another account."""
    async with _client(web, stranger.key) as client:
        yield client


def _client(web: Web, key: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(cast("Any", web))
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1", headers=headers)
