"""`leadyard replay`."""

import functools
import sys
from datetime import datetime
from pathlib import Path

import click

from leadyard.commands.database import migrated_database
from leadyard.commands.options import data_dir_option, settings_from

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option(
    "--account", "slug", required=True, help="The account's short name (see `leadyard accounts list`)."
)
@click.option("--from", "since", type=_DAY, required=True, help="The first day, in the account's time zone.")
@click.option("--to", "until", type=_DAY, required=True, help="The day after the last.")
@click.option(
    "--config",
    "draft",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The changes to try, as JSON: a merge patch by campaign, delivery and buyer.",
)
@click.option("--set-up", "current", type=click.Choice(["current"]), help="Try the set-up as it is.")
@click.option(
    "--untried",
    type=click.Choice(["share", "accept", "reject"]),
    default="share",
    show_default=True,
    help="What a delivery answers to a lead that it never got: as often yes as it did, always, never.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@data_dir_option
def replay(
    *,
    slug: str,
    since: datetime,
    until: datetime,
    draft: Path | None,
    current: str | None,
    untried: str,
    as_json: bool,
    data_dir: str | None,
) -> None:
    """Run past leads through a changed set-up, and print sales and money before and after.

    Nothing is sent and nothing is written.
    """
    from leadyard.replay.command import ReplayRequest, run  # noqa: PLC0415 - other commands start faster without it
    from leadyard.replay.model import Untried  # noqa: PLC0415

    if (draft is None) == (current is None):
        raise click.UsageError("Give either --config FILE or --set-up current.")
    if until <= since:
        raise click.BadParameter("must be after --from", param_hint="--to")
    settings = settings_from(data_dir=data_dir)
    lend_database = functools.partial(migrated_database, settings)
    request = ReplayRequest(slug, since.date(), until.date(), draft, Untried(untried), as_json)
    sys.exit(run(lend_database, settings.with_secret_key().vault, request))
