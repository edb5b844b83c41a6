"""Rows of banners, texts and logos."""

from datetime import datetime

import msgspec

from leadyard.affiliates.pages.model import Asset, AssetKind, AssetSettings
from leadyard.storage.database import Connection, Row

_COLUMNS = "id, kind, title, settings, content_type, created_at, archived_at"
_FIND = f"SELECT {_COLUMNS} FROM affiliate_assets WHERE account_id = $1 AND id = $2"
_IMAGE = """
SELECT content, content_type FROM affiliate_assets
WHERE account_id = $1 AND id = $2 AND content IS NOT NULL AND archived_at IS NULL
"""
_LIVE = (
    f"SELECT {_COLUMNS} FROM affiliate_assets WHERE account_id = $1 AND archived_at IS NULL ORDER BY id DESC"
)
_LOGO = f"""
SELECT {_COLUMNS} FROM affiliate_assets
WHERE account_id = $1 AND archived_at IS NULL AND kind = '{AssetKind.LOGO}' ORDER BY id DESC LIMIT 1
"""
_COUNT_LIVE = "SELECT count(*) FROM affiliate_assets WHERE account_id = $1 AND archived_at IS NULL"
_PAGE = f"SELECT {_COLUMNS} FROM affiliate_assets WHERE account_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3"
_COUNT = "SELECT count(*) FROM affiliate_assets WHERE account_id = $1"
_INSERT = """
INSERT INTO affiliate_assets (account_id, id, kind, title, settings, content, content_type, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_UPDATE = """
UPDATE affiliate_assets SET kind = $3, title = $4, settings = $5, content_type = $6, content = coalesce($7, content)
WHERE account_id = $1 AND id = $2
"""
_ARCHIVE = "UPDATE affiliate_assets SET archived_at = $3 WHERE account_id = $1 AND id = $2"


async def find(connection: Connection, account_id: int, asset_id: int) -> Asset | None:
    """Find an asset by its id."""
    return _one(await connection.fetchrow(_FIND, account_id, asset_id))


async def image(connection: Connection, account_id: int, asset_id: int) -> tuple[bytes, str] | None:
    """Give the image of an asset that is not archived, and its type."""
    row = await connection.fetchrow(_IMAGE, account_id, asset_id)
    return None if row is None else (row["content"], row["content_type"])


async def live(connection: Connection, account_id: int) -> list[Asset]:
    """Give all assets that are not archived, the latest first."""
    return [_asset_of(row) for row in await connection.fetch(_LIVE, account_id)]


async def logo(connection: Connection, account_id: int) -> Asset | None:
    """Give the latest logo that is not archived."""
    return _one(await connection.fetchrow(_LOGO, account_id))


async def count_live(connection: Connection, account_id: int) -> int:
    """Count the assets that are not archived."""
    return int(await connection.fetchval(_COUNT_LIVE, account_id))


async def page(connection: Connection, account_id: int, limit: int, offset: int) -> tuple[list[Asset], int]:
    """Give one page of all assets, the latest first, and how many there are."""
    rows = await connection.fetch(_PAGE, account_id, limit, offset)
    return [_asset_of(row) for row in rows], int(await connection.fetchval(_COUNT, account_id))


async def insert(connection: Connection, account_id: int, asset: Asset, content: bytes | None) -> None:
    """Write a new asset."""
    await connection.execute(
        _INSERT, account_id, asset.id, asset.kind, asset.title, asset.settings, content, asset.content_type,
        asset.created_at,
    )  # fmt: skip


async def update(connection: Connection, account_id: int, asset: Asset, content: bytes | None) -> None:
    """Overwrite an asset; its image stays unless another one is given."""
    await connection.execute(
        _UPDATE, account_id, asset.id, asset.kind, asset.title, asset.settings, asset.content_type, content
    )


async def archive(connection: Connection, account_id: int, asset_id: int, at: datetime) -> None:
    """Show an asset no more."""
    await connection.execute(_ARCHIVE, account_id, asset_id, at)


def _one(row: Row | None) -> Asset | None:
    return None if row is None else _asset_of(row)


def _asset_of(row: Row) -> Asset:
    values = dict(row)
    values["kind"] = AssetKind(values["kind"])
    values["settings"] = msgspec.convert(values["settings"], AssetSettings)
    return Asset(**values)
