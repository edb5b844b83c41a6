"""`leadyard export`: the exports of the own API, written to a file or to standard output."""

import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from leadyard.campaigns.configuration import Configuration
from leadyard.exports.api import KINDS, ExportKind, parameters_of
from leadyard.exports.service import Exports, Moved
from leadyard.identity import service as identity
from leadyard.identity.commands import ACTOR, LendDatabase, with_database
from leadyard.identity.model import ALLOWED, ApiKey, KeyKind, KeySettings, Principal
from leadyard.kit.errors import LeadyardError
from leadyard.own_api.operation import Call, Parameter
from leadyard.own_api.reading import read_parameters
from leadyard.storage.database import Database

_STANDARD_OUTPUT = "-"


class ExportError(LeadyardError):
    """An export that cannot be begun: no such account."""


@click.group()
def exports() -> None:
    """Export what an account holds."""


def _command(kind: ExportKind) -> click.Command:
    parameters = parameters_of(kind)

    @click.pass_obj
    def run(lend_database: LendDatabase, /, *, slug: str, output: str, **given: str | None) -> None:
        asked = {name: text for name, text in given.items() if text is not None}
        query = read_parameters(
            [
                (parameter.name, asked[_dest(parameter)])
                for parameter in parameters
                if _dest(parameter) in asked
            ],
            parameters,
        )
        rows = with_database(
            lend_database, lambda database: _export(database, kind, slug, query, output), size=2
        )
        click.echo(f"{rows} rows", err=True)

    options = [
        click.Option([f"--{p.name.replace('_', '-')}", _dest(p)], help=p.description) for p in parameters
    ]
    shared = [
        click.Option(["--account", "slug"], required=True, help="The account's short name."),
        click.Option(
            ["--output", "-o"],
            default=_STANDARD_OUTPUT,
            metavar="FILE",
            help="Where to; standard output when absent.",
        ),
    ]
    text = f"{kind.summary}.\n\n{kind.description}"
    return click.Command(kind.name, callback=run, params=[*shared, *options], help=text)


def _dest(parameter: Parameter) -> str:
    return f"asked_{parameter.name}"


for _kind in KINDS:
    exports.add_command(_command(_kind))


async def _export(database: Database, kind: ExportKind, slug: str, query: dict[str, Any], output: str) -> int:
    account = next((one for one in await identity.list_accounts(database) if one.slug == slug), None)
    if account is None:
        raise ExportError(f"There is no account {slug}")
    configuration = Configuration(database)
    call = Call(database, configuration, _operator(account.id), {}, query)
    counted = 0
    with _progress() as show:

        def moved(rows: int, part: float) -> None:
            nonlocal counted
            counted = rows
            show(rows, part)

        export = await kind.start(Exports(database, configuration), call, moved)
        async with aclosing(export.chunks):
            with _file(output) as file:
                async for chunk in export.chunks:
                    file.write(chunk)
    return counted


def _operator(account_id: int) -> Principal:
    """Act as whoever runs the installation, who may see everything."""
    settings = KeySettings(permissions=tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR])))
    return Principal(account_id, ApiKey(0, KeyKind.ADMINISTRATOR, ACTOR, "", settings))


@contextmanager
def _file(output: str) -> Iterator[BinaryIO]:
    """Open what is written to; a file gets its name only once it is whole."""
    if output == _STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress() -> Iterator[Moved]:
    columns = (
        TextColumn("Exporting"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]} rows"),
    )
    console = Console(stderr=True)
    quiet = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=1.0, rows=0)

        def show(rows: int, part: float) -> None:
            progress.update(task, completed=part, rows=f"{rows:,}")

        yield show
