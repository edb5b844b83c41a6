"""What `leadyard migrate-from leaddyno` does: moves, shows how it goes, and prints what is there and here."""

import aiohttp
import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from leadyard.affiliates.moving.comparing import Line, compare, differences
from leadyard.affiliates.moving.service import Mover
from leadyard.affiliates.moving.source import Source
from leadyard.affiliates.moving.wire import KINDS, Resource
from leadyard.identity.actor import Actor
from leadyard.identity.commands import ACTOR, LendDatabase, account_id_of, with_database
from leadyard.kit.money import plain
from leadyard.storage.database import Database

_CONNECTIONS = 3
_MOST_PROBLEMS = 50


class MoveOrder(msgspec.Struct, frozen=True):
    """What the command line asks for; `name` is what the other account is remembered as."""

    url: str
    key: str
    slug: str | None
    name: str


def run(lend_database: LendDatabase, order: MoveOrder) -> int:
    """Move, and print the comparison; gives 0 when there and here agree, else 1. Raises SourceError."""

    async def work(database: Database) -> tuple[list[Line], list[str]]:
        account_id = await account_id_of(database, order.slug)
        async with aiohttp.ClientSession() as session:
            source = Source(session, order.url, order.key)
            problems = await _move(database, Actor(account_id, ACTOR), source, order.name)
            return await compare(database, account_id, source, order.name), problems

    lines, problems = with_database(lend_database, work, size=_CONNECTIONS)
    print_comparison(lines, problems)
    return int(bool(differences(lines)))


async def _move(database: Database, actor: Actor, source: Source, name: str) -> list[str]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[Resource, TaskID] = {
            resource: progress.add_task(resource.value.capitalize(), total=None, start=False)
            for resource in KINDS
        }

        def moved(resource: Resource, read: int, total: int) -> None:
            progress.start_task(tasks[resource])
            progress.update(tasks[resource], completed=read, total=total)

        mover = Mover(database, actor, source, name, moved)
        await mover.run()
    return mover.problems


def print_comparison(lines: list[Line], problems: list[str]) -> None:
    """Print the figures there and here, and what could not be kept."""
    table = Table()
    table.add_column("")
    table.add_column("LeadDyno", justify="right")
    table.add_column("Leadyard", justify="right")
    table.add_column("")
    for line in lines:
        mark = "" if line.agrees else "differs"
        table.add_row(line.what, plain(line.there), plain(line.here), mark)
    Console().print(table)
    for problem in problems[:_MOST_PROBLEMS]:
        click.echo(f"Note: {problem}.")
    if len(problems) > _MOST_PROBLEMS:
        click.echo(f"Note: and {len(problems) - _MOST_PROBLEMS} more.")
    found = differences(lines)
    click.echo("There and here agree." if not found else f"{len(found)} figures differ:")
    for difference in found:
        click.echo(f"  {difference}")
