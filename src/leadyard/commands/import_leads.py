"""`leadyard import`."""

import functools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--account", "slug", required=True, help="The account's short name (see `leadyard accounts list`)."
)
@click.option("--campaign", required=True, help="The campaign's reference or id.")
@click.option("--sid", default="", help="The supplier of rows that name none in a column sid.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="TITLE=FIELD",
    help="Read a column as a field; repeat it for several. Others are matched by name or label.",
)
@click.option(
    "--refused",
    type=click.File("w", encoding="utf-8"),
    help="Write the rows that did not get in to this file: line, code, reasons.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Judge the rows by the campaign's rules and keep nothing; duplicates and caps are not looked at.",
)
@data_dir_option
def import_leads(
    *,
    file: Path,
    slug: str,
    campaign: str,
    sid: str,
    columns: tuple[str, ...],
    refused: TextIO | None,
    dry_run: bool,
    data_dir: str | None,
) -> None:
    """Import leads from a CSV file whose first line names the columns.

    Each row is checked like a posted lead and goes the same way: duplicates, caps, quarantine, delivery. An import
    that was cut short goes on where it stopped when it is started again with the same file, campaign and supplier.
    Ends with exit code 1 when a row did not get in.
    """
    from leadyard.intake.imports.command import run  # noqa: PLC0415 - other commands start faster without it
    from leadyard.intake.imports.service import ImportOrder  # noqa: PLC0415

    order = ImportOrder(file, campaign, sid, _choices(columns), dry_run)
    settings = settings_from(data_dir=data_dir)
    lend_database = functools.partial(migrated_database, settings)
    sys.exit(run(lend_database, settings.with_secret_key().vault, slug, order, refused))


def _choices(columns: tuple[str, ...]) -> Mapping[str, str]:
    chosen = {}
    for text in columns:
        title, _, field = text.rpartition("=")
        if not title.strip() or not field.strip():
            raise click.BadParameter(f"{text}: write TITLE=FIELD", param_hint="--column")
        chosen[title.strip()] = field.strip()
    return chosen
