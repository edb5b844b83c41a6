"""Groups of commands that live in a room of their own."""

import importlib
from typing import Any

import click


class RoomGroup(click.Group):
    """Takes its commands from a group in another module, loaded only when one of them is asked for."""

    def __init__(self, *arguments: Any, room: str, **options: Any) -> None:
        """Remember the group's address, written `module:name`."""
        super().__init__(*arguments, **options)
        self._room = room

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the group's commands."""
        return self._group().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find one of the group's commands."""
        return self._group().get_command(ctx, cmd_name)

    def _group(self) -> click.Group:
        module, _, name = self._room.partition(":")
        group: click.Group = getattr(importlib.import_module(module), name)
        return group
