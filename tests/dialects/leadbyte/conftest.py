"""The demo accounts, built once and put back after each test."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.conftest import Copies, run_on_server, with_database
from tests.dialects.leadbyte.world import World, build

from leadyard.settings import Settings
from leadyard.settings_values import networks
from leadyard.storage.database import Database


@pytest.fixture(scope="session")
def world_template(server_dsn: str, template_name: str) -> str:
    """A database with both accounts; it goes with its copies."""
    name = f"leadbyte_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    asyncio.run(build(with_database(server_dsn, name)))
    return name


@pytest.fixture(scope="session")
def worlds(server_dsn: str, world_template: str) -> Iterator[Copies]:
    """Databases with both accounts."""
    copies = Copies(server_dsn, world_template)
    yield copies
    copies.close()


@pytest.fixture
async def world_dsn(worlds: Copies) -> AsyncIterator[str]:
    """A fresh database with both accounts."""
    async with worlds.lend() as address:
        yield address


@pytest.fixture
async def world(world_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """Both accounts and the dialect over them; calls to this machine are allowed."""
    database = Database(world_dsn, size=6)
    await database.open()
    world = World(database, Settings(data_dir=tmp_path, allowed_networks=networks("127.0.0.1/32")))
    await world.services.open()
    yield world
    await world.dialect.close()
    await world.services.intake.close()
    await world.services.close()
    await database.close()
