"""`leadyard accounts`, whose commands live in the identity room."""

import functools

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from
from leadyard.commands.rooms import RoomGroup


@click.group(cls=RoomGroup, room="leadyard.identity.account_commands:accounts")
@data_dir_option
@click.pass_context
def accounts(context: click.Context, *, data_dir: str | None) -> None:
    """List and create accounts."""
    context.obj = functools.partial(migrated_database, settings_from(data_dir=data_dir))
