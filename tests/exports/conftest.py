"""A desk whose exports are asked for over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.desk import Desk, new_desk
from tests.exports.served import serving

from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(desk, page=7) as client:
        yield client
