"""`leadyard migrate`."""

import asyncio

import asyncpg
import click
from rich.console import Console

from leadyard.commands.database import reachable_database
from leadyard.commands.options import data_dir_option, settings_from


@click.command()
@data_dir_option
def migrate(*, data_dir: str | None) -> None:
    """Bring the database to this release's schema; safe to repeat and on a live system."""
    from leadyard.storage.migrate import upgrade  # noqa: PLC0415 - other commands start faster without Alembic

    console = Console(stderr=True)
    with reachable_database(settings_from(data_dir=data_dir)) as dsn:
        before = asyncio.run(_revision(dsn))
        with console.status("Migrating the database"):
            upgrade(dsn)
        after = asyncio.run(_revision(dsn))
    if before == after:
        click.echo(f"The database is at {after} already: nothing to do.")
    else:
        click.echo(f"The database went from {before or 'empty'} to {after}.")


async def _revision(dsn: str) -> str | None:
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval(
            "SELECT string_agg(version_num, ', ') FROM alembic_version"
        )
        return revision
    finally:
        await connection.close()
