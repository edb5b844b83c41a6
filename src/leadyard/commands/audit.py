"""`leadyard audit`."""

import sys

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from


@click.command()
@data_dir_option
def audit(*, data_dir: str | None) -> None:
    """Recount every amount and counter from the source rows; exit code 1 when something differs."""
    from leadyard.ledger.audit_command import run  # noqa: PLC0415 - other commands start faster without it

    with migrated_database(settings_from(data_dir=data_dir)) as dsn:
        exit_code = run(dsn)
    sys.exit(exit_code)
