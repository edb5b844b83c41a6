"""`leadyard import`."""

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("import")
@data_dir_option
@click.pass_context
def imports(context: click.Context, *, data_dir: str | None) -> None:
    """Import leads, returns or feedback from a CSV file or an XLSX workbook whose first row names the columns.

    Each row is checked as the API would check it. An import that was cut short goes on where it stopped when it is
    started again with the same file and options. Ends with exit code 1 when a row did not get in, or when the file
    cannot be imported at all.
    """
    context.obj = data_dir


def _shared_options(command: Command) -> Command:
    options = (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "--account",
            "slug",
            required=True,
            help="The account's short name (see `leadyard accounts list`).",
        ),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="TITLE=FIELD",
            help="Read a column as a field; repeat it for several. Others are matched by name or label.",
        ),
        click.option(
            "--sheet", default="", help="The sheet of a workbook; otherwise the first that is shown."
        ),
        click.option(
            "--refused",
            type=click.File("w", encoding="utf-8"),
            help="Write the rows that did not get in to this file: line, code, reasons, and their cells.",
        ),
        data_dir_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


_tried = click.option(
    "--dry-run",
    "is_trial",
    is_flag=True,
    help="Say what would become of each row, and keep nothing; limits on returns see a hundred rows at a time.",
)
_buyer = click.option("--buyer", default="", help="The BID of the buyer of rows that name none.")
_campaign = click.option(
    "--campaign", default="", help="Where e-mail addresses are looked up of rows that name no campaign."
)


@imports.command()
@_shared_options
@click.option("--campaign", required=True, help="The campaign's reference or id.")
@click.option("--sid", default="", help="The supplier of rows that name none in a column sid.")
@click.option(
    "--dry-run",
    "is_trial",
    is_flag=True,
    help="Judge the rows by the campaign's rules and keep nothing; duplicates and caps are not looked at.",
)
def leads(**options: Any) -> None:
    """Import leads: each goes the way of a posted one, with duplicates, caps, quarantine and delivery."""
    _import("leads", **options)


@imports.command()
@_shared_options
@_campaign
@_buyer
@click.option("--reason", default="", help="The return reason of rows that give none.")
@_tried
def returns(**options: Any) -> None:
    """Import leads that buyers give back.

    Columns: lead_id, queue_id, uuid, or email with campaign; bid, buyer_id or delivery_id; reason; reverse_payout.
    """
    _import("returns", **options)


@imports.command()
@_shared_options
@_campaign
@_buyer
@_tried
def feedback(**options: Any) -> None:
    """Import what is said of leads; where nothing names a buyer it is your own people's.

    Columns: lead_id, queue_id, uuid, or email with campaign; bid, buyer_id or delivery_id; feedback; notes; overwrite.
    """
    _import("feedback", **options)


def _import(
    kind: str,
    *,
    file: Path,
    slug: str,
    columns: tuple[str, ...],
    refused: TextIO | None,
    data_dir: str | None,
    **order: Any,
) -> None:
    from leadyard.imports.command import run  # noqa: PLC0415 - other commands start faster without it
    from leadyard.imports.model import ImportKind, ImportOrder  # noqa: PLC0415

    settings = settings_from(data_dir=data_dir or click.get_current_context().obj)
    wanted = ImportOrder(ImportKind(kind), columns=_choices(columns), **order)
    lend_database = functools.partial(migrated_database, settings)
    sys.exit(run(lend_database, settings.with_secret_key().vault, slug, file, wanted, refused))


def _choices(columns: tuple[str, ...]) -> Mapping[str, str]:
    chosen = {}
    for text in columns:
        title, _, field = text.rpartition("=")
        if not title.strip() or not field.strip():
            raise click.BadParameter(f"{text}: write TITLE=FIELD", param_hint="--column")
        chosen[title.strip()] = field.strip()
    return chosen
