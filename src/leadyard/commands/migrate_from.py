"""`leadyard migrate-from`."""

import functools
import sys

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from


@click.group("migrate-from")
def migrate_from() -> None:
    """Move another service's account into one of this installation."""


@migrate_from.command()
@click.option(
    "--key",
    required=True,
    envvar="LEADYARD_LEADDYNO_KEY",
    help="The private key of the LeadDyno account (LEADYARD_LEADDYNO_KEY). It is kept nowhere.",
)
@click.option(
    "--url",
    default="https://api.leaddyno.com",
    show_default=True,
    help="Where its API is; another Leadyard's address moves an account from there.",
)
@click.option(
    "--account",
    "slug",
    metavar="SLUG",
    help="The account that it moves into; may be left out when there is only one.",
)
@click.option(
    "--source",
    "name",
    default="leaddyno",
    show_default=True,
    metavar="NAME",
    help="What the LeadDyno account is remembered as, when several are moved into one.",
)
@data_dir_option
def leaddyno(*, key: str, url: str, slug: str | None, name: str, data_dir: str | None) -> None:
    """Read a LeadDyno account through its API and make everything here, with the ids and codes that it has there.

    A run that was cut short goes on where it stopped; a later one brings what is new since and changes nothing twice.
    Ends with exit code 1 when a count or a total here is not what it is there.
    """
    from leadyard.affiliates.moving.command import MoveOrder, run  # noqa: PLC0415 - other commands start faster

    lend_database = functools.partial(migrated_database, settings_from(data_dir=data_dir))
    sys.exit(run(lend_database, MoveOrder(url, key, slug, name)))
