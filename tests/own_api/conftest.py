"""The own API over ASGI, called with the keys of two accounts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from leadyard.app import Services
from leadyard.campaigns.configuration import Configuration
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission
from leadyard.own_api.app import create
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.web import Web


@pytest.fixture
async def actor(database: Database) -> Actor:
    account = await identity.create_account(database, name="Agency", slug="agency")
    return Actor(account.id, "tester")


@pytest.fixture
async def stranger(database: Database, actor: Actor) -> Actor:
    account = await identity.create_account(database, name="Other", slug="other")
    return Actor(account.id, "stranger")


async def make_key(database: Database, actor: Actor, *permissions: Permission) -> str:
    """An administrator's key with these permissions."""
    document = {"reference": "Tests", "settings": {"permissions": list(permissions)}}
    _, key = await identity.create_key(database, actor, document)
    return key


@pytest.fixture
async def key(database: Database, actor: Actor) -> str:
    return await make_key(database, actor, Permission.SETUP_READ, Permission.SETUP_WRITE)


@pytest.fixture
def configuration(database: Database) -> Configuration:
    return Configuration(database)


@pytest.fixture
def app(database: Database, configuration: Configuration) -> Litestar:
    return create(database, configuration)


@pytest.fixture
async def anonymous(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)), base_url="http://leads.test"
    ) as client:
        yield client


@pytest.fixture
async def client(app: Litestar, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that may read and write the set-up."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)),
        base_url="http://leads.test",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client


@pytest.fixture
async def whole(database: Database, actor: Actor, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole server, every room's operations included, with a key that may do everything."""
    web = Web(Services(database, Settings(data_dir=tmp_path)))
    key = await make_key(database, actor, *Permission)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", web)),
        base_url="http://leads.test",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client
    await web.close()


@pytest.fixture
async def foreign(app: Litestar, database: Database, stranger: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another account that may read and write its own set-up."""
    key = await make_key(database, stranger, Permission.SETUP_READ, Permission.SETUP_WRITE)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)), base_url="http://leads.test", headers={"X-Key": key}
    ) as client:
        yield client
