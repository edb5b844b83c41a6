"""The command `leadyard`."""

import sys

import click

from leadyard.commands.accounts import accounts
from leadyard.commands.audit import audit
from leadyard.commands.bench import bench
from leadyard.commands.export import export
from leadyard.commands.imports import imports
from leadyard.commands.keys import keys
from leadyard.commands.migrate import migrate
from leadyard.commands.migrate_from import migrate_from
from leadyard.commands.processes import web, worker
from leadyard.commands.replay import replay
from leadyard.commands.secrets import secrets
from leadyard.commands.serve import serve
from leadyard.kit.errors import LeadyardError, UnavailableError
from leadyard.listening import ListenError
from leadyard.settings import SettingsError
from leadyard.storage.embedded import EmbeddedPostgresError
from leadyard.storage.vault import SecretKeyError

EXIT_FINDINGS = 1
EXIT_CONFIGURATION = 2
EXIT_NO_DATABASE = 3

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (SettingsError, EXIT_CONFIGURATION),
    (ListenError, EXIT_CONFIGURATION),
    (SecretKeyError, EXIT_CONFIGURATION),
    (EmbeddedPostgresError, EXIT_NO_DATABASE),
    (UnavailableError, EXIT_NO_DATABASE),
    (LeadyardError, EXIT_FINDINGS),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="leadyard")
def cli() -> None:
    """Leadyard, a self-hosted lead exchange.

    Exit codes: 0 done; 1 the command found something wrong; 2 the command line or a setting is wrong; 3 the database
    cannot be reached or was never migrated.
    """


for _command in (
    serve,
    web,
    worker,
    migrate,
    migrate_from,
    accounts,
    keys,
    secrets,
    imports,
    export,
    replay,
    audit,
    bench,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; an error that has a sentence for its reader ends with that and its exit code."""
    try:
        cli(prog_name="leadyard")
    except tuple(kind for kind, _ in EXIT_CODES) as error:
        click.echo(f"leadyard: {error}", err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
