"""The account whose pages are shown."""

from leadyard.affiliates.pages import asset_store
from leadyard.affiliates.pages.model import Site
from leadyard.affiliates.program import service as programs
from leadyard.identity.model import Account
from leadyard.identity.service import find_account_by_slug, load_account
from leadyard.storage.database import Connection


async def site_of(connection: Connection, account_id: int) -> Site:
    """Give an account's pages."""
    return await _site(connection, await load_account(connection, account_id))


async def site_of_slug(connection: Connection, slug: str) -> Site | None:
    """Find the pages of the account with this short name."""
    account = await find_account_by_slug(connection, slug)
    return None if account is None else await _site(connection, account)


def home_of(site: Site) -> str:
    """Give the path of the dashboard of whoever is signed in."""
    return f"/affiliates/{site.account.slug}"


async def _site(connection: Connection, account: Account) -> Site:
    program = await programs.read(connection, account.id)
    return Site(account, program, await asset_store.logo(connection, account.id))
