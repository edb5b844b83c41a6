"""What `leadyard audit` does: audits every account and prints what it finds."""

import asyncio

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from leadyard.kit.errors import UnavailableError
from leadyard.ledger.audit import STEPS, Difference, audit
from leadyard.storage.database import LOST, Connection, Row


def run(dsn: str) -> int:
    """Audit all accounts as of one moment; gives 0 when everything agrees, 1 when something differs.

    Raises UnavailableError when the database cannot be reached.
    """
    return asyncio.run(run_async(dsn))


async def run_async(dsn: str) -> int:
    """Do the same inside a running event loop."""
    found = await _audit_all(dsn)
    console = Console()
    differences = sum(len(each) for _, each in found)
    if differences:
        console.print(_table(found))
        console.print(f"{differences} differences in {len(found)} accounts")
        return 1
    console.print(f"No differences in {len(found)} accounts")
    return 0


async def _audit_all(dsn: str) -> list[tuple[Row, list[Difference]]]:
    try:
        connection = await asyncpg.connect(dsn)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await _audit_each(connection)
        finally:
            await connection.close(timeout=5)
    except LOST as error:
        raise UnavailableError("the database cannot be reached") from error


async def _audit_each(connection: Connection) -> list[tuple[Row, list[Difference]]]:
    accounts = await connection.fetch("SELECT id, name FROM accounts ORDER BY id")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Auditing", total=len(accounts) * STEPS)

        def checked(title: str) -> None:
            progress.update(task, advance=1, description=title)

        return [(row, await audit(connection, row["id"], checked=checked)) for row in accounts]


def _table(found: list[tuple[Row, list[Difference]]]) -> Table:
    table = Table("account", "what", "where")
    table.add_column("expected", justify="right")
    table.add_column("found", justify="right")
    for account, differences in found:
        for each in differences:
            table.add_row(
                f"{account['id']} {account['name']}",
                each.what,
                each.where,
                str(each.expected),
                str(each.found),
            )
    return table
