"""Lends a database to a command that runs for a while and ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadyard.storage.embedded.server import EmbeddedPostgres


@contextmanager
def open_database(database_url: str | None, data_dir: Path) -> Iterator[str]:
    """Lend the DSN of the operator's server, or of the embedded one, which is left as it was found: running or not.

    Raises EmbeddedPostgresError when the embedded server cannot be started.
    """
    if database_url is not None:
        yield database_url
        return
    server = EmbeddedPostgres(data_dir)
    was_running = server.is_running()
    dsn = server.start()
    try:
        yield dsn
    finally:
        if was_running:
            server.release()
        else:
            server.stop()
