"""`leadyard export`, whose commands live in the exports room."""

import functools

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from
from leadyard.commands.rooms import RoomGroup


@click.group(cls=RoomGroup, room="leadyard.exports.command:exports")
@data_dir_option
@click.pass_context
def export(context: click.Context, *, data_dir: str | None) -> None:
    """Export leads, the ledger and more as CSV, XLSX or lines of JSON, of any size."""
    context.obj = functools.partial(migrated_database, settings_from(data_dir=data_dir))
