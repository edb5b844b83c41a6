"""What operators do with banners, texts and logos, and what affiliates are shown of them."""

import base64
import binascii
from collections.abc import Mapping

import msgspec

from leadyard.affiliates.affiliates.links import affiliate_url
from leadyard.affiliates.model import Affiliate, Program
from leadyard.affiliates.pages import asset_store as store
from leadyard.affiliates.pages.images import Image, read_image
from leadyard.affiliates.pages.model import (
    LARGEST_IMAGE,
    LONGEST_SIDE,
    MOST_ASSETS,
    Asset,
    AssetInput,
    AssetKind,
    AssetRecord,
    AssetSettings,
)
from leadyard.affiliates.program.checks import is_web_address
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.documents import merged
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.storage.counters import next_id
from leadyard.storage.database import LARGEST_ID, Connection, Database

ENTITY = "affiliate asset"
_IDS = "affiliate_assets"


async def read(connection: Connection, account_id: int, asset_id: int) -> Asset:
    """Give an asset; raises NotFoundError."""
    found = await store.find(connection, account_id, min(asset_id, LARGEST_ID))
    if found is None:
        raise NotFoundError("There is no such asset.")
    return found


async def page(database: Database, account_id: int, *, page: int, per_page: int) -> tuple[list[Asset], int]:
    """Give assets, the latest first, archived ones too, and how many there are."""
    async with database.connection() as connection:
        return await store.page(connection, account_id, per_page, (page - 1) * per_page)


async def create(database: Database, actor: Actor, wanted: AssetInput) -> Asset:
    """Make an asset; raises InvalidInputError, and ConflictError where there are too many."""
    content, image = _checked(wanted, needs_image=wanted.kind is not AssetKind.TEXT)
    async with database.unit_of_work() as connection:
        asset_id = await next_id(connection, actor.account_id, _IDS)
        if await store.count_live(connection, actor.account_id) >= MOST_ASSETS:
            raise ConflictError("kind", f"there are {MOST_ASSETS} assets already: archive some")
        asset = Asset(
            asset_id, wanted.kind, wanted.title.strip(), _settings(wanted, content, image),
            None if image is None else image.content_type, now(),
        )  # fmt: skip
        await store.insert(connection, actor.account_id, asset, content)
        await _record(connection, actor, "create", None, asset)
    return asset


async def update(database: Database, actor: Actor, asset_id: int, patch: Mapping[str, object]) -> Asset:
    """Change an asset by a merge patch, its image too where one is given; raises NotFoundError, InvalidInputError."""
    async with database.unit_of_work() as connection:
        before = await read(connection, actor.account_id, asset_id)
        known = {
            "kind": before.kind,
            "title": before.title,
            "text": before.settings.text,
            "url": before.settings.url,
        }
        wanted = read_document(merged(known, patch), AssetInput)
        if (wanted.kind is AssetKind.TEXT) is not (before.kind is AssetKind.TEXT):
            raise InvalidInputError.of("kind", "cannot turn a text into an image, or an image into a text")
        content, image = _checked(wanted, needs_image=False)
        settings = _settings(wanted, content, image)
        if image is None:
            old = before.settings
            settings = msgspec.structs.replace(
                settings, width=old.width, height=old.height, size_bytes=old.size_bytes
            )
        after = msgspec.structs.replace(
            before, kind=wanted.kind, title=wanted.title.strip(), settings=settings,
            content_type=before.content_type if image is None else image.content_type,
        )  # fmt: skip
        if after != before or content is not None:
            await store.update(connection, actor.account_id, after, content)
            await _record(connection, actor, "update", before, after)
    return after


async def archive(database: Database, actor: Actor, asset_id: int) -> None:
    """Show an asset no more, and serve its image no more; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        before = await read(connection, actor.account_id, asset_id)
        if before.archived_at is None:
            after = msgspec.structs.replace(before, archived_at=now())
            await store.archive(connection, actor.account_id, asset_id, after.archived_at or now())
            await _record(connection, actor, "archive", before, after)


def image_url(base_url: str, slug: str, asset: Asset) -> str | None:
    """Give the address at which anybody can fetch an asset's image; None where it has none."""
    if asset.content_type is None or asset.archived_at is not None:
        return None
    return f"{base_url.rstrip('/')}/affiliates/{slug}/assets/{asset.id}"


def link_of(asset: Asset, affiliate: Affiliate, program: Program) -> str:
    """Give the affiliate's link that an asset carries."""
    return affiliate_url(asset.settings.url or program.site_url, affiliate.code)


def filled_in(asset: Asset, affiliate: Affiliate, program: Program) -> str:
    """Fill the affiliate's link, code and name into a text."""
    name = " ".join(part for part in (affiliate.first_name, affiliate.last_name) if part) or affiliate.code
    text = asset.settings.text.replace("{code}", affiliate.code)
    return text.replace("{link}", link_of(asset, affiliate, program)).replace("{name}", name)


def record_of(asset: Asset, base_url: str, slug: str) -> AssetRecord:
    """Show an asset as the own API does."""
    return AssetRecord(
        id=asset.id, kind=asset.kind, title=asset.title, content_type=asset.content_type,
        image_url=image_url(base_url, slug, asset), created_at=asset.created_at, archived_at=asset.archived_at,
        **msgspec.structs.asdict(asset.settings),
    )  # fmt: skip


def _settings(wanted: AssetInput, content: bytes | None, image: Image | None) -> AssetSettings:
    if image is None:
        return AssetSettings(wanted.text, wanted.url)
    return AssetSettings(wanted.text, wanted.url, image.width, image.height, len(content or b""))


def _checked(wanted: AssetInput, *, needs_image: bool) -> tuple[bytes | None, Image | None]:
    problems: list[FieldProblem] = []
    content = image = None
    if wanted.url is not None and not is_web_address(wanted.url):
        problems.append(FieldProblem("url", "must be an address that begins with http:// or https://"))
    if wanted.kind is AssetKind.TEXT:
        if not wanted.text.strip():
            problems.append(FieldProblem("text", "is required for a text"))
        if wanted.image is not None:
            problems.append(FieldProblem("image", "is only for banners and logos"))
    elif wanted.image is not None:
        content, image, trouble = _image(wanted.image)
        if trouble is not None:
            problems.append(FieldProblem("image", trouble))
    elif needs_image:
        problems.append(FieldProblem("image", f"is required for a {wanted.kind}"))
    if problems:
        raise InvalidInputError(problems)
    return content, image


def _image(text: str) -> tuple[bytes | None, Image | None, str | None]:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None, None, "is not base64"
    if len(content) > LARGEST_IMAGE:
        return None, None, f"must have at most {LARGEST_IMAGE} bytes"
    image = read_image(content)
    if image is None:
        return None, None, "is not a PNG, JPEG, GIF or WebP image"
    if max(image.width, image.height) > LONGEST_SIDE:
        return None, None, f"must be at most {LONGEST_SIDE} pixels wide and high"
    return content, image, None


async def _record(
    connection: Connection, actor: Actor, action: str, before: Asset | None, after: Asset
) -> None:
    await record_change(connection, actor.account_id, actor.name, action, ENTITY, after.id, before, after)
