"""A desk whose files are handed in over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.desk import Desk, new_desk

from leadyard.imports.api import section
from leadyard.imports.jobs.runner import ImportRunner
from leadyard.imports.jobs.service import Imports
from leadyard.imports.takers import Takers
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key."""
    imports = Imports(desk.database, desk.configuration)
    app = create(desk.database, desk.configuration, more_sections=[section(imports)])
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1") as opened:
        opened.headers["x-key"] = desk.key
        yield opened


@pytest.fixture
def runner(desk: Desk) -> ImportRunner:
    return runner_of(desk)


def runner_of(desk: Desk) -> ImportRunner:
    """A worker's share of the imports."""
    takers = Takers(desk.database, desk.configuration, desk.plans, desk.ledger, desk.intake)
    return ImportRunner(desk.database, desk.configuration, takers)
