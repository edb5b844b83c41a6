"""A desk whose campaign has a responder."""

from pathlib import Path

import pytest
from tests.desk import Desk, new_desk

from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)
