"""An exchange to submit to."""

import pytest

from leadyard.storage.database import Database
from tests.exchange import Exchange, new_exchange


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)
