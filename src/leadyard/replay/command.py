"""What `leadyard replay` does: reads the draft, replays, prints what would have changed."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from leadyard.campaigns.configuration import AccountSetup
from leadyard.identity.commands import LendDatabase, with_database
from leadyard.kit.errors import InvalidInputError, LeadyardError
from leadyard.replay.model import Outcome, Untried
from leadyard.replay.report import document_of, print_report
from leadyard.replay.service import ReplayOrder, replay, setup_of
from leadyard.storage.database import Database
from leadyard.storage.vault import Vault


class DraftFileError(LeadyardError):
    """The file with the draft cannot be read as JSON, or changes what it cannot."""


class ReplayRequest(msgspec.Struct, frozen=True):
    """What the command line asks for; days are the account's, `until` is the first that is left out."""

    slug: str
    since: date
    until: date
    draft: Path | None
    untried: Untried
    as_json: bool


def run(lend_database: LendDatabase, vault: Vault, request: ReplayRequest) -> int:
    """Replay and print; gives 0. Raises DraftFileError, EvidenceGoneError, NotFoundError, UnavailableError."""
    draft = None if request.draft is None else read_draft(request.draft)

    async def work(database: Database) -> tuple[Outcome, AccountSetup]:
        setup = await setup_of(database, request.slug)
        zone = ZoneInfo(setup.account.time_zone)
        order = ReplayOrder(_start(request.since, zone), _start(request.until, zone), draft, request.untried)
        columns = TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=None)
            return await replay(
                database,
                setup,
                order,
                lambda done, total: progress.update(task, completed=done, total=total),
            ), setup

    try:
        outcome, setup = with_database(lend_database, work, size=2, vault=vault)
    except InvalidInputError as error:
        raise DraftFileError(f"{request.draft} cannot be set up. {error}") from error
    if request.as_json:
        click.echo(msgspec.json.encode(document_of(outcome, setup)).decode())
    else:
        print_report(Console(), outcome, setup)
    return 0


def read_draft(path: Path) -> object:
    """Read a draft as plain JSON values; raises DraftFileError."""
    try:
        return msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DraftFileError(f"{path} is not JSON: {error}") from error


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
