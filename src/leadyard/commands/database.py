"""The database of commands that run for a while and end."""

from collections.abc import Iterator
from contextlib import contextmanager

from leadyard.kit.errors import UnavailableError
from leadyard.serving.reach import require_migrated, require_reachable
from leadyard.settings import Settings, SettingsError
from leadyard.storage.embedded import EmbeddedPostgres, open_database
from leadyard.supervisor_lifeline import is_supervised


@contextmanager
def reachable_database(settings: Settings) -> Iterator[str]:
    """Lend the DSN of a database that answers; the embedded server is left as it was found, running or not.

    Raises EmbeddedPostgresError, UnavailableError.
    """
    with open_database(settings.database_url, settings.data_dir) as dsn:
        require_reachable(dsn)
        yield dsn


@contextmanager
def migrated_database(settings: Settings) -> Iterator[str]:
    """Lend the DSN of a database that has Leadyard's tables; none is made where there is none.

    Raises SettingsError, EmbeddedPostgresError, UnavailableError.
    """
    if settings.database_url is None and not EmbeddedPostgres(settings.data_dir).has_cluster():
        raise SettingsError(
            f"There is no database in {settings.data_dir}: name the right folder with --data-dir "
            f"(LEADYARD_DATA_DIR), set LEADYARD_DATABASE_URL, or make one there with `leadyard migrate`."
        )
    with reachable_database(settings) as dsn:
        require_migrated(dsn)
        yield dsn


def running_database(settings: Settings) -> str:
    """Return the DSN of a database that runs already, for a process that goes on for long.

    Raises UnavailableError when there is none: such a process must not own a server that others use too.
    """
    if settings.database_url is not None:
        # A supervisor's children wait for a database that is just being restarted.
        if not is_supervised():
            require_reachable(settings.database_url)
        return settings.database_url
    server = EmbeddedPostgres(settings.data_dir)
    if not server.is_running():
        raise UnavailableError(
            f"No database runs in {settings.data_dir}: start `leadyard serve`, which brings its own web processes "
            f"and workers, or set LEADYARD_DATABASE_URL."
        )
    dsn = server.start()
    server.release()
    return dsn
