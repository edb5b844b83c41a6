"""Options that several commands share, and the settings that they make together with the environment."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from leadyard.logs import configure_logs
from leadyard.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def data_dir_option(command: Command) -> Command:
    """Add --data-dir."""
    return click.option(
        "--data-dir",
        metavar="FOLDER",
        help="Where Leadyard keeps its files and, without LEADYARD_DATABASE_URL, its database (LEADYARD_DATA_DIR).",
    )(command)


def address_options(command: Command) -> Command:
    """Add --host and --port."""
    host = click.option(
        "--host", help="Host name or address to listen on (LEADYARD_HOST; otherwise 127.0.0.1)."
    )
    port = click.option(
        "--port", help="Port to listen on; 0 picks a free one (LEADYARD_PORT; otherwise 8080)."
    )
    return host(port(command))


def settings_from(**options: str | None) -> Settings:
    """Return the settings of the environment, with the options given on the command line taking their place.

    Sets up the logs accordingly. Raises SettingsError.
    """
    given = {f"LEADYARD_{name.upper()}": text for name, text in options.items() if text is not None}
    settings = Settings.from_environment({**os.environ, **given})
    configure_logs(settings.log_level, as_json=settings.log_json)
    return settings
