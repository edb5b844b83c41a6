"""A shop with plans, and an affiliate with parent and grandparent."""

from pathlib import Path

import pytest
from tests.affiliates.shop import BASIC, PLUS, Shop, new_shop

from leadyard.storage.database import Database


@pytest.fixture
async def shop(database: Database, dsn: str, tmp_path: Path) -> Shop:
    """Plans `basic` (the default) and `plus`; affiliates `child`, `parent` and `grandparent`."""
    shop = await new_shop(database, dsn, tmp_path)
    await shop.plan("basic", *BASIC)
    await shop.plan("plus", *PLUS)
    await shop.line_of("child", "parent", "grandparent")
    return shop
