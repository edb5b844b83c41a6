"""Two accounts, and somebody who acts in each."""

import pytest

from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.storage.database import Database


@pytest.fixture
async def actor(database: Database) -> Actor:
    account = await identity.create_account(database, name="Agency", slug="agency")
    return Actor(account.id, "tester")


@pytest.fixture
async def stranger(database: Database, actor: Actor) -> Actor:
    account = await identity.create_account(database, name="Other", slug="other")
    return Actor(account.id, "stranger")
