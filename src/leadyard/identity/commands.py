"""`leadyard keys`: API keys at the command line, for the first key and for emergencies."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

import click

from leadyard.identity import service
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyRecord, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, Permission
from leadyard.kit.errors import LeadyardError, NotFoundError
from leadyard.storage.database import Database
from leadyard.storage.vault import Vault

EVERYTHING = "all"
ACTOR = "command line"
PAGE = 200

ResultT = TypeVar("ResultT")
LendDatabase = Callable[[], AbstractContextManager[str]]

account_option = click.option(
    "--account", "slug", metavar="SLUG", help="The account; may be left out when there is only one."
)


@click.group()
def keys() -> None:
    """List, create and revoke API keys."""


@keys.command("list")
@account_option
@click.pass_obj
def list_keys(lend_database: LendDatabase, *, slug: str | None) -> None:
    """List the keys of an account."""

    async def run(database: Database) -> list[KeyRecord]:
        account_id = await account_id_of(database, slug)
        found: list[KeyRecord] = []
        total = 1
        while len(found) < total:
            number = len(found) // PAGE + 1
            items, total = await service.list_keys(database, account_id, page=number, per_page=PAGE)
            found += items
            if not items:
                break
        return found

    for record in with_database(lend_database, run):
        click.echo(_line(record))


@keys.command("create")
@account_option
@click.option("--kind", type=click.Choice([kind.value for kind in KindOfKey]), default="administrator")
@click.option("--reference", required=True, help="What the key is for.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    help="What the key may do, such as 'Leads > Create'; repeat it for several, or say 'all'.",
)
@click.option("--supplier-id", type=int, help="The supplier that a supplier's key is tied to.")
@click.option("--buyer-id", type=int, help="The buyer that a buyer's key is tied to.")
@click.option("--address", "addresses", multiple=True, help="An IP address or network it may be used from.")
@click.pass_obj
def create_key(
    lend_database: LendDatabase,
    *,
    slug: str | None,
    kind: str,
    reference: str,
    permissions: tuple[str, ...],
    supplier_id: int | None,
    buyer_id: int | None,
    addresses: tuple[str, ...],
) -> None:
    """Make a key and print it: it cannot be shown again."""
    document = {
        "reference": reference,
        "kind": kind,
        "supplier_id": supplier_id,
        "buyer_id": buyer_id,
        "settings": {
            "permissions": _permissions(permissions, KeyKind[kind.upper()]),
            "allowed_addresses": addresses,
        },
    }

    async def run(database: Database) -> str:
        actor = Actor(await account_id_of(database, slug), ACTOR)
        return (await service.create_key(database, actor, document))[1]

    click.echo(with_database(lend_database, run))


@keys.command("revoke")
@account_option
@click.argument("key_id", type=click.IntRange(1, 2**53 - 1))
@click.pass_obj
def revoke_key(lend_database: LendDatabase, *, slug: str | None, key_id: int) -> None:
    """Take the key with this id out of use, at once and for ever."""

    async def run(database: Database) -> None:
        actor = Actor(await account_id_of(database, slug), ACTOR)
        await service.revoke_key(database, actor, key_id)

    with_database(lend_database, run)
    click.echo(f"Key {key_id} is revoked.")


def with_database(
    lend_database: LendDatabase,
    work: Callable[[Database], Awaitable[ResultT]],
    *,
    size: int = 1,
    vault: Vault | None = None,
) -> ResultT:
    """Do one piece of work with the database that is lent, over so many connections, and give what comes of it."""

    async def connected(dsn: str) -> ResultT:
        database = Database(dsn, size=size, vault=vault)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    with lend_database() as dsn:
        return asyncio.run(connected(dsn))


async def account_id_of(database: Database, slug: str | None) -> int:
    """Find an account by its short name, or the only one there is; raises NotFoundError and LeadyardError."""
    accounts = await service.list_accounts(database)
    if slug is None and len(accounts) == 1:
        return accounts[0].id
    if slug is None:
        names = ", ".join(account.slug for account in accounts) or "none yet"
        raise LeadyardError(f"Say which account with --account; there are: {names}.")
    for account in accounts:
        if account.slug == slug:
            return account.id
    raise NotFoundError(f"There is no account {slug}.")


def permissions_of(kind: KeyKind) -> list[str]:
    """Name all that a kind of key can be ticked for."""
    return [permission.value for permission in Permission if permission in ALLOWED[kind]]


def _permissions(given: tuple[str, ...], kind: KeyKind) -> list[str]:
    if EVERYTHING in given:
        return permissions_of(kind)
    return list(given)


def _line(record: KeyRecord) -> str:
    state = "revoked" if record.revoked_at else "active" if record.settings.active else "inactive"
    used = _day(record.last_used_at)
    permissions = ", ".join(record.settings.permissions) or "no permissions"
    return f"{record.id}\t{state}\t{record.kind}\t…{record.hint}\t{record.reference}\tlast used {used}\t{permissions}"


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"
