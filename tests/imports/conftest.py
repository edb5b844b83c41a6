"""An exchange to submit to."""

import pytest
from tests.exchange import Exchange, new_exchange

from leadyard.storage.database import Database


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    return await new_exchange(database)
