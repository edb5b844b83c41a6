"""`leadyard accounts`: tenants at the command line, the only place where they are made."""

import click

from leadyard.identity import service
from leadyard.identity.actor import Actor
from leadyard.identity.commands import ACTOR, LendDatabase, permissions_of, with_database
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import Account, KeyKind, KeySettings, Permission
from leadyard.storage.database import Database

FIRST_KEY = KeyInput(
    reference="First administrator",
    settings=KeySettings(permissions=tuple(map(Permission, permissions_of(KeyKind.ADMINISTRATOR)))),
)


@click.group()
def accounts() -> None:
    """List and create accounts."""


@accounts.command("list")
@click.pass_obj
def list_accounts(lend_database: LendDatabase) -> None:
    """List all accounts of the installation."""
    for account in with_database(lend_database, service.list_accounts):
        click.echo(_line(account))


@accounts.command("create")
@click.option("--name", required=True, help="What people call it.")
@click.option(
    "--slug", required=True, help="Its short name for commands: lower-case letters, digits, hyphens."
)
@click.option("--currency", default="GBP", show_default=True, help="An ISO 4217 code.")
@click.option("--time-zone", default="Europe/London", show_default=True, help="An IANA name.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    help="A host name by which the classic form API finds the account; repeat it for several.",
)
@click.option(
    "--takes-other-hosts", is_flag=True, help="Take classic posts to hosts that are no other account's, too."
)
@click.pass_obj
def create_account(
    lend_database: LendDatabase,
    *,
    name: str,
    slug: str,
    currency: str,
    time_zone: str,
    hosts: tuple[str, ...],
    takes_other_hosts: bool,
) -> None:
    """Make an account with an administrator's key that may do everything, and print the key: it is shown once."""

    async def run(database: Database) -> tuple[Account, str]:
        account = await service.create_account(
            database,
            name=name,
            slug=slug,
            time_zone=time_zone,
            currency=currency,
            hosts=hosts,
            takes_other_hosts=takes_other_hosts,
            actor=ACTOR,
        )
        return account, (await service.create_key(database, Actor(account.id, ACTOR), FIRST_KEY))[1]

    account, key = with_database(lend_database, run)
    click.echo(f"Account {account.id}, {account.slug}, is made. Its administrator's key:", err=True)
    click.echo(key)


def _line(account: Account) -> str:
    others = ("*",) if account.takes_other_hosts else ()
    hosts = ", ".join(account.hosts + others) or "no hosts"
    return f"{account.id}\t{account.slug}\t{account.name}\t{account.currency}\t{account.time_zone}\t{hosts}"
