"""The accounts that LeadDyno's clients call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.dialects.leaddyno.world import World

from leadyard.settings import Settings
from leadyard.storage.database import Database


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    settings = Settings(data_dir=tmp_path, public_base_url="https://leads.example.com")
    world = World(database, settings)
    await world.build()
    yield world
    await world.close()
