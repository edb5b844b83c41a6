"""What `leadyard import` does: imports a file, and shows how it goes."""

import csv
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from leadyard.campaigns.configuration import Configuration
from leadyard.identity import service as identity
from leadyard.identity.commands import LendDatabase, with_database
from leadyard.intake.imports.reading import ImportFileError
from leadyard.intake.imports.service import Importer, ImportOrder, Refusal, Summary
from leadyard.intake.plan import Plans
from leadyard.intake.service import Intake
from leadyard.kit.spreadsheets import defused
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database
from leadyard.storage.vault import Vault

_CONNECTIONS = 4


def run(
    lend_database: LendDatabase, vault: Vault, slug: str, order: ImportOrder, refused: TextIO | None
) -> int:
    """Import a file, showing progress; gives 0 when every row got in, else 1. Raises ImportFileError."""

    async def work(database: Database) -> Summary:
        return await _run(database, slug, order, refused)

    summary = with_database(lend_database, work, size=_CONNECTIONS, vault=vault)
    _report(summary)
    return int(bool(summary.unreadable or summary.refused))


async def _run(database: Database, slug: str, order: ImportOrder, refused: TextIO | None) -> Summary:
    account = next((one for one in await identity.list_accounts(database) if one.slug == slug), None)
    if account is None:
        raise ImportFileError(f"There is no account {slug}")
    configuration, plans = Configuration(database), Plans()
    intake = Intake(database, configuration, plans, Ledger(database))
    importer = Importer(intake, plans, await configuration.setup(account.id))
    columns, _, _ = importer.open(order)
    if columns.ignored:
        click.echo(f"Columns that are no fields, ignored: {', '.join(columns.ignored)}", err=True)
    writer = None if refused is None else csv.writer(refused)
    if writer is not None:
        writer.writerow(["line", "code", "reasons"])

    def note(refusal: Refusal) -> None:
        if writer is not None:
            writer.writerow([refusal.number, refusal.code, defused("; ".join(refusal.errors))])

    parts = (
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=_count_lines(order.path) - 1)
        summary = await importer.run(
            order, refused=note, moved=lambda rows: progress.update(task, advance=rows)
        )
    await intake.close()
    return summary


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _report(summary: Summary) -> None:
    click.echo(f"{summary.rows} rows: {summary.accepted} accepted, {summary.refused.total()} refused")
    for code, count in sorted(summary.refused.items()):
        click.echo(f"  {code}: {count}")
    if summary.unreadable:
        click.echo(f"  {summary.unreadable} rows could not be read")
    if summary.skipped:
        click.echo(f"  {summary.skipped} rows were taken by an earlier run")
