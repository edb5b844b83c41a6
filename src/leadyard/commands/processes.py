"""`leadyard web` and `leadyard worker`: the parts of `leadyard serve` on their own."""

import click

from leadyard.commands.database import running_database
from leadyard.commands.options import address_options, data_dir_option, settings_from


@click.command()
@address_options
@click.option(
    "--fd", type=click.IntRange(min=0), help="Serve a listening socket that was inherited by this number."
)
@data_dir_option
def web(*, fd: int | None, host: str | None, port: str | None, data_dir: str | None) -> None:
    """Run one web process, for several machines that share LEADYARD_DATABASE_URL and LEADYARD_SECRET_KEY."""
    from leadyard.web import run  # noqa: PLC0415 - other commands start faster without it

    settings = settings_from(host=host, port=port, data_dir=data_dir).with_secret_key()
    run(settings, running_database(settings), fd=fd)


@click.command()
@data_dir_option
def worker(*, data_dir: str | None) -> None:
    """Run one worker, which delivers leads and does other background work."""
    from leadyard.worker import run  # noqa: PLC0415 - other commands start faster without it

    settings = settings_from(data_dir=data_dir).with_secret_key()
    run(settings, running_database(settings))
