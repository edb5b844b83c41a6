"""`leadyard secrets`: the key that protects secrets in the database."""

import sys

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from


@click.group()
@data_dir_option
@click.pass_context
def secrets(context: click.Context, *, data_dir: str | None) -> None:
    """Change the key that protects secrets in the database."""
    context.obj = data_dir


@secrets.command()
@click.pass_obj
def rotate(data_dir: str | None) -> None:
    """Encrypt all secrets anew with the first key of LEADYARD_SECRET_KEY; exit code 1 when some could not be read.

    Safe on a live system, provided that all its processes already know the new key; safe to repeat.
    """
    from leadyard.identity.secret_rotation import run  # noqa: PLC0415 - other commands start faster without it

    settings = settings_from(data_dir=data_dir)
    with migrated_database(settings) as dsn:
        exit_code = run(dsn, settings.with_secret_key().vault)
    sys.exit(exit_code)
