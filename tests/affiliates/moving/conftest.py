"""Two Leadyards: the one that is moved from, and the one that is moved into."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.affiliates.moving.there import Gate, live_a_while, served
from tests.conftest import Copies
from tests.dialects.leaddyno.world import PRIVATE_KEY, PUBLIC_KEY, World
from tests.exchange import new_exchange
from tests.vault import VAULT

from leadyard.affiliates.moving.comparing import compare, differences
from leadyard.affiliates.moving.service import Mover
from leadyard.affiliates.moving.source import Source
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.settings import Settings
from leadyard.storage.database import Database


class Here(World):
    """The installation that is moved into, with an account that has nothing but a supplier."""

    async def build(self) -> None:
        self.exchange = await new_exchange(self.database, {"slug": "acme"})
        document = KeyInput(reference="moved", kind=KindOfKey.LEADDYNO_PRIVATE)
        await identity.create_key(self.database, self.exchange.actor, document, key=PRIVATE_KEY)
        document = KeyInput(reference="public", kind=KindOfKey.LEADDYNO_PUBLIC)
        await identity.create_key(self.database, self.exchange.actor, document, key=PUBLIC_KEY)

    async def move(self, url: str, *, name: str = "leaddyno") -> list[str]:
        """Move; gives the notes."""
        async with aiohttp.ClientSession() as session:
            source = Source(session, url, PRIVATE_KEY, pause_seconds=0.01)
            mover = Mover(self.database, self.exchange.actor, source, name)
            await mover.run()
        return mover.problems

    async def differing(self, url: str, *, name: str = "leaddyno") -> list[str]:
        """What the comparison names."""
        async with aiohttp.ClientSession() as session:
            source = Source(session, url, PRIVATE_KEY)
            return differences(await compare(self.database, self.exchange.account_id, source, name))


@pytest.fixture
async def there(empty_databases: Copies, tmp_path: Path) -> AsyncIterator[World]:
    """The account that is moved, with its history."""
    async with empty_databases.lend() as dsn:
        database = Database(dsn, size=4, vault=VAULT)
        await database.open()
        world = World(database, Settings(data_dir=tmp_path, public_base_url="https://leads.example.com"))
        await world.build()
        await live_a_while(world)
        yield world
        await world.close()
        await database.close()


@pytest.fixture
async def gate(there: World) -> Gate:
    """What stands in front of it."""
    return Gate(there.dialect)


@pytest.fixture
async def url(gate: Gate) -> AsyncIterator[str]:
    """Its address."""
    async with served(gate) as url:
        yield url


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> AsyncIterator[Here]:
    """The account that it moves into."""
    world = Here(database, Settings(data_dir=tmp_path, public_base_url="https://leads.example.com"))
    await world.build()
    yield world
    await world.close()
