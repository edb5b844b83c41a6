"""Makes a cluster and says how its server is configured."""

import secrets
import shutil
import time
from pathlib import Path

from leadyard.storage.embedded.accounts import Account
from leadyard.storage.embedded.binaries import MAJOR_VERSION, Binaries
from leadyard.storage.embedded.errors import EmbeddedPostgresError
from leadyard.storage.embedded.folders import PRIVATE, make_folder
from leadyard.storage.embedded.placement import CLUSTER_NAME

SUPERUSER = "leadyard"
DATABASE = "leadyard"
CLEARING_SECONDS = 10
LOOK_SECONDS = 0.03

INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)

# Durability (fsync, synchronous_commit, full_page_writes) stays at PostgreSQL's safe defaults. A new segment of the log is
# not filled with zeros first: every commit would wait for its 16 MB, and segments that are used again need none of it.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "wal_init_zero": "off",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}


def create_cluster(home: Path, binaries: Binaries, account: Account) -> Path:
    """Return `home`'s cluster folder, which appears whole or not at all.

    Leftovers of an interrupted attempt are removed. Raises EmbeddedPostgresError with initdb's own words.
    """
    cluster = home / CLUSTER_NAME
    for leftover in home.glob(f"{CLUSTER_NAME}.new-*"):
        _clear_away(leftover)
    if cluster.exists():
        raise EmbeddedPostgresError(
            f"{cluster} exists and is not a PostgreSQL cluster: move it away, or choose another --data-dir."
        )
    draft = home / f"{CLUSTER_NAME}.new-{secrets.token_hex(6)}"
    make_folder(draft, PRIVATE, account.owner)
    result = account.run([binaries.program("initdb"), "--pgdata", draft, *INITDB_OPTIONS])
    if result.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedPostgresError(f"The database could not be created in {home}: {result.stderr.strip()}")
    return draft.rename(cluster)


def _clear_away(leftover: Path) -> None:
    # The initdb of a killed process may still be writing; it gives up once its files are gone.
    deadline = time.monotonic() + CLEARING_SECONDS
    while leftover.exists() and time.monotonic() < deadline:
        shutil.rmtree(leftover, ignore_errors=True)
        time.sleep(LOOK_SECONDS)


def require_version(cluster: Path) -> None:
    """Refuse a cluster of another major version of PostgreSQL than the one that Leadyard carries."""
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{cluster} was made by PostgreSQL {version}, and this Leadyard carries {MAJOR_VERSION}: dump it with the "
            f"release of Leadyard that made it and restore it here, or set LEADYARD_DATABASE_URL."
        )


def create_database(binaries: Binaries, account: Account, socket_folder: Path) -> None:
    """Make our database on the running server when it isn't there."""
    server = ["-h", str(socket_folder), "-p", "5432", "-U", SUPERUSER]
    query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
    psql = str(binaries.program("psql"))
    if account.run([psql, *server, "-XtAc", query, "postgres"]).stdout.strip() == "1":
        return
    result = account.run([str(binaries.program("createdb")), *server, DATABASE])
    if result.returncode != 0:
        raise EmbeddedPostgresError(f"The database {DATABASE} could not be created: {result.stderr.strip()}")


def server_command(binaries: Binaries, cluster: Path, socket_folder: Path) -> list[str]:
    """Return the command line of the cluster's server."""
    settings = SERVER_SETTINGS | {"unix_socket_directories": str(socket_folder)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(binaries.program("postgres")), "-D", str(cluster), *options]
