"""Banners, texts and logos in the own API."""

from leadyard.affiliates.pages import assets
from leadyard.affiliates.pages.model import Asset, AssetInput, AssetRecord
from leadyard.identity.model import Permission
from leadyard.identity.service import load_account
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Section, page_of

_PATH = "/affiliate-assets"
_ONE = f"{_PATH}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE
_EXAMPLE = {"kind": "text", "title": "For a newsletter", "text": "I buy my tea here: {link}"}


def section(base_url: str) -> Section:
    """Make the section of assets; addresses of images begin with the installation's public address."""

    async def shown(call: Call, found: list[Asset]) -> list[AssetRecord]:
        async with call.database.connection() as connection:
            slug = (await load_account(connection, call.account_id)).slug
        return [assets.record_of(asset, base_url, slug) for asset in found]

    async def search(call: Call) -> Answer:
        found, total = await assets.page(call.database, call.account_id, **call.paging)
        return page_of(call, await shown(call, found), total)

    async def create(call: Call) -> Answer:
        asset = await assets.create(call.database, call.actor, call.body)
        return Answer((await shown(call, [asset]))[0], location=f"{_PATH}/{asset.id}")

    async def read(call: Call) -> Answer:
        async with call.database.connection() as connection:
            asset = await assets.read(connection, call.account_id, call.id())
        return Answer((await shown(call, [asset]))[0])

    async def update(call: Call) -> Answer:
        asset = await assets.update(call.database, call.actor, call.id(), call.body)
        return Answer((await shown(call, [asset]))[0])

    async def archive(call: Call) -> Answer:
        await assets.archive(call.database, call.actor, call.id())
        return Answer()

    return Section(
        "Affiliate assets",
        "Banners and texts that affiliates find on their dashboard with their link filled in, and the pages' logo.",
        (
            Operation(
                method="GET", path=_PATH, id="listAffiliateAssets", summary="List assets", handler=search,
                permission=_LOOK, parameters=PAGING,
                description="The latest first, archived ones too; images come with the address at which they are "
                "served.",
                answer=AssetRecord, is_list=True,
            ),
            Operation(
                method="POST", path=_PATH, id="createAffiliateAsset", summary="Create an asset", handler=create,
                description="An image is PNG, JPEG, GIF or WebP, at most 1 MiB and 5,000 pixels a side, whatever its "
                "name says. The latest logo is the one that is shown.", permission=_WRITE, status=201,
                body=AssetInput, answer=AssetRecord, example=_EXAMPLE,
            ),
            Operation(
                method="GET", path=_ONE, id="readAffiliateAsset", summary="Read an asset", handler=read,
                description="Its kind, title, text and, of an image, the address at which it is served.",
                permission=_LOOK, answer=AssetRecord,
            ),
            Operation(
                method="PATCH", path=_ONE, id="updateAffiliateAsset", summary="Change an asset", handler=update,
                description="A merge patch (RFC 7396); without `image` the image stays.", permission=_WRITE,
                body=AssetInput, is_patch=True, answer=AssetRecord,
            ),
            Operation(
                method="DELETE", path=_ONE, id="archiveAffiliateAsset", summary="Archive an asset", handler=archive,
                description="It is shown no more and its image is served no more.", permission=_WRITE, status=204,
            ),
        ),
    )  # fmt: skip
