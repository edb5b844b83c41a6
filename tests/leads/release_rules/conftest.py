"""A desk to work at, and the own API over it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.desk import Desk, new_desk

from leadyard.app import Services
from leadyard.leads.api import sections
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The own API with an administrator's key."""
    services = Services(desk.database, desk.settings)
    app = create(desk.database, services.configuration, more_sections=sections(services))
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://leads.test/api/v1") as opened:
        opened.headers["x-key"] = desk.key
        yield opened
    await services.outbound.close()
