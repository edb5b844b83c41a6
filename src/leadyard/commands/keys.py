"""`leadyard keys`, whose commands live in the identity room."""

import functools
import importlib

import click

from leadyard.commands.database import reachable_database
from leadyard.commands.options import data_dir_option, settings_from

ROOM = "leadyard.identity.commands"


class _RoomGroup(click.Group):
    """Takes its commands from the room's group `keys`, loaded only when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._group().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._group().get_command(ctx, cmd_name)

    def _group(self) -> click.Group:
        group: click.Group = importlib.import_module(ROOM).keys
        return group


@click.group(cls=_RoomGroup)
@data_dir_option
@click.pass_context
def keys(context: click.Context, *, data_dir: str | None) -> None:
    """List, create and revoke API keys."""
    context.obj = functools.partial(reachable_database, settings_from(data_dir=data_dir))
