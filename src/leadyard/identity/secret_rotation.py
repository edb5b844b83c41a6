"""What `leadyard secrets rotate` does: encrypts the secrets of every account anew and prints what came of it."""

import asyncio

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from leadyard.identity import service
from leadyard.storage.database import Database
from leadyard.storage.rotation import Rotated, rotate, sealed_tables
from leadyard.storage.vault import Vault


def run(dsn: str, vault: Vault) -> int:
    """Rotate; gives 0 when everything is encrypted with the first key, 1 when not.

    Raises UnavailableError, SecretKeyError.
    """
    return asyncio.run(run_async(dsn, vault))


async def run_async(dsn: str, vault: Vault) -> int:
    """Do the same inside a running event loop."""
    database = Database(dsn, size=1, vault=vault)
    await database.open()
    try:
        found = await _with_progress(database)
    finally:
        await database.close()
    for line in found.unreadable:
        click.echo(line, err=True)
    click.echo(f"{found.renewed} secrets are encrypted anew with the key {vault.first_key_id}.")
    if found.keys_in_use:
        click.echo(
            f"Still in use: {', '.join(found.keys_in_use)}. Keep the old key in LEADYARD_SECRET_KEY, let all "
            "processes know the new one, and run this again."
        )
    return 1 if found.unreadable or found.keys_in_use else 0


async def _with_progress(database: Database) -> Rotated:
    accounts = await service.list_accounts(database)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Encrypting", total=len(accounts) * len(sealed_tables()))
        return await rotate(
            database,
            [account.id for account in accounts],
            done=lambda table: progress.update(task, advance=1, description=table),
        )
