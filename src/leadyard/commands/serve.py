"""`leadyard serve`."""

import sys

import click

from leadyard.commands.options import address_options, data_dir_option, settings_from


@click.command()
@click.option(
    "--demo",
    is_flag=True,
    help="Create the demo account once, with keys in FOLDER/demo.json, and print them.",
)
@address_options
@data_dir_option
def serve(*, demo: bool, host: str | None, port: str | None, data_dir: str | None) -> None:
    """Run web processes and workers together, on an embedded PostgreSQL unless LEADYARD_DATABASE_URL is set.

    How many: LEADYARD_WEB_PROCESSES (otherwise one for every two cores, at most 4) and LEADYARD_WORKER_PROCESSES (otherwise 1).
    Ctrl-C or SIGTERM finishes what is in flight first.
    """
    from leadyard.serving.composition import serve as run  # noqa: PLC0415 - other commands start faster without it

    sys.exit(run(settings_from(host=host, port=port, data_dir=data_dir), demo=demo))
