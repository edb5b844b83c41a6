"""A desk whose leads are checked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.intake.providers.world import Checks, checks_desk

from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Checks]:
    async with checks_desk(database, dsn, tmp_path) as made:
        yield made
