"""What `leadyard import` does: imports a file, and shows how it goes."""

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
from leadyard.identity.commands import ACTOR, LendDatabase, with_database
from leadyard.identity.model import ApiKey, KeyKind, KeySettings, Principal
from leadyard.imports.error_file import ErrorLines
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table
from leadyard.imports.model import ImportOrder, ImportRun, Step, Summary
from leadyard.imports.service import Opened, file_digest, open_import
from leadyard.imports.takers import Takers
from leadyard.intake.plan import Plans
from leadyard.intake.service import Intake
from leadyard.kit import clock
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database
from leadyard.storage.vault import Vault

_CONNECTIONS = 4


def run(
    lend_database: LendDatabase,
    vault: Vault,
    slug: str,
    path: Path,
    order: ImportOrder,
    refused: TextIO | None,
) -> int:
    """Import a file, showing progress; gives 0 when every row got in, else 1. Raises ImportFileError."""

    async def work(database: Database) -> Summary:
        return await _run(database, slug, path, order, refused)

    summary = with_database(lend_database, work, size=_CONNECTIONS, vault=vault)
    _report(summary)
    return int(bool(summary.unreadable or summary.refused))


async def _run(
    database: Database, slug: str, path: Path, order: ImportOrder, refused: TextIO | None
) -> Summary:
    account = next((one for one in await identity.list_accounts(database) if one.slug == slug), None)
    if account is None:
        raise ImportFileError(f"There is no account {slug}")
    configuration, plans, ledger = Configuration(database), Plans(), Ledger(database)
    intake = Intake(database, configuration, plans, ledger)
    takers = Takers(database, configuration, plans, ledger, intake)
    setup = await configuration.setup(account.id)
    run = ImportRun(account.id, file_digest(path, order), order, clock.now())
    try:
        with open_table(path, order.sheet) as table:
            opened = open_import(table, order, takers.of(setup, run, _operator(account.id)))
            if opened.columns.ignored:
                click.echo(
                    f"Columns that are no fields, ignored: {', '.join(opened.columns.ignored)}", err=True
                )
            return await _with_progress(opened, refused)
    finally:
        await intake.close()


async def _with_progress(opened: Opened, refused: TextIO | None) -> Summary:
    summary, lines = Summary(), ErrorLines()
    if refused is not None:
        refused.write(lines.heading(opened.table.header))
    parts = (
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=opened.table.most_rows)

        async def note(step: Step) -> None:
            summary.add(step.summary)
            if refused is not None:
                refused.write(lines.lines(step.refusals))
            progress.update(task, advance=step.summary.rows)

        await opened.run(note)
    return summary


def _operator(account_id: int) -> Principal:
    key = ApiKey(0, KeyKind.ADMINISTRATOR, ACTOR, "", KeySettings())
    return Principal(account_id, key)


def _report(summary: Summary) -> None:
    click.echo(f"{summary.rows} rows: {summary.accepted} accepted, {sum(summary.refused.values())} refused")
    for word, count in sorted(summary.refused.items()):
        click.echo(f"  {word}: {count}")
    if summary.unreadable:
        click.echo(f"  {summary.unreadable} rows could not be read")
    if summary.skipped:
        click.echo(f"  {summary.skipped} rows were taken by an earlier run")
