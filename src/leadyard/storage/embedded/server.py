"""The embedded PostgreSQL of one data directory: start, stop, find again."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from leadyard.storage.embedded.accounts import Account, choose_account
from leadyard.storage.embedded.binaries import Binaries, binaries_for
from leadyard.storage.embedded.cluster import (
    DATABASE,
    SUPERUSER,
    create_cluster,
    create_database,
    require_version,
    server_command,
)
from leadyard.storage.embedded.errors import EmbeddedPostgresError
from leadyard.storage.embedded.folders import create_folder
from leadyard.storage.embedded.locks import UseCount, exclusively
from leadyard.storage.embedded.placement import (
    CLUSTER_NAME,
    SOCKET_NAME,
    existing_home,
    new_home,
    remember_home,
    socket_folder,
)
from leadyard.storage.embedded.postmaster import find_postmaster, remove_stale_lock_files, shut_down

SYSTEM_DIR = Path("/var/lib/leadyard")
START_SECONDS = 300
RETRY_SECONDS = 60
LOOK_SECONDS = 0.03
PASSING_TROUBLE = ("pre-existing shared memory block", 'lock file "postmaster.pid"', "Is another postmaster")
"""What a server says while the last processes of a killed one are still going away."""

_started: "list[subprocess.Popen[bytes]]" = []
"""Servers that this process started, kept because Python warns of a child that is forgotten while it runs."""


class _Cluster(msgspec.Struct, frozen=True):
    folder: Path
    socket: Path
    account: Account
    binaries: Binaries

    @property
    def startup_log(self) -> Path:
        return self.folder.parent / "postgres-startup.log"

    def log_sizes(self) -> dict[Path, int]:
        """Return how long each log file is."""
        return {path: path.stat().st_size for path in self.folder.glob("log/*.log")}

    def said_since(self, sizes: dict[Path, int]) -> str:
        """Return what a server that did not start said, at first to us and then to its log."""
        words = self.startup_log.read_text(errors="replace")
        for path in sorted(self.folder.glob("log/*.log")):
            words += path.read_bytes()[sizes.get(path, 0) :].decode(errors="replace")
        return words.strip()


class EmbeddedPostgres:
    """One data directory's server, shared by every process that starts it and stopped with the last of them."""

    def __init__(
        self, data_dir: Path, *, system_dir: Path = SYSTEM_DIR, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Do nothing yet; `system_dir` is where root keeps what the database's account can't reach in `data_dir`."""
        self.data_dir = data_dir.absolute()
        self._system_dir = system_dir
        self._environment = environment
        self._users = UseCount(self.data_dir / "embedded.users")
        self._cluster: _Cluster | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def cluster_dir(self) -> Path:
        """Return the cluster's folder; raises EmbeddedPostgresError before the first start."""
        return self._known().folder

    @property
    def dsn(self) -> str:
        """Return the database's address for asyncpg; raises EmbeddedPostgresError before the first start."""
        found = find_postmaster(self.cluster_dir)
        socket = found.socket_folder if found else self._known().socket
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={socket}&port=5432"

    def start(self) -> str:
        """Return the DSN of the running server, making the cluster and starting it where needed.

        A server left over from a killed process is used again. Raises EmbeddedPostgresError with what to do.
        """
        try:
            create_folder(self.data_dir)
            with exclusively(self.data_dir / "embedded.lock"):
                self._cluster = self._prepare()
                if not self._adopt(self._cluster):
                    self._launch(self._cluster)
                server = find_postmaster(self._cluster.folder)
                socket = server.socket_folder if server else self._cluster.socket
                create_database(self._cluster.binaries, self._cluster.account, socket)
                self._users.enter()
                return self.dsn
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The embedded database of {self.data_dir} could not be started: {error.strerror or error}"
                f"{f' ({error.filename})' if error.filename else ''}."
            ) from error

    def has_cluster(self) -> bool:
        """Tell whether the data directory has a database, running or not; raises EmbeddedPostgresError."""
        return existing_home(self.data_dir) is not None

    def is_running(self) -> bool:
        """Tell whether the server's process is alive."""
        if self._process is not None and self._process.poll() is None:
            return True
        home = existing_home(self.data_dir)
        return home is not None and find_postmaster(home / CLUSTER_NAME) is not None

    def ensure_running(self) -> bool:
        """Start the server again if it died; True when that was necessary."""
        if self.is_running():
            return False
        self.start()
        return True

    def stop(self) -> None:
        """End this process's use of the server, and shut it down when nobody else uses it.

        Raises EmbeddedPostgresError when it does not end.
        """
        if not self.data_dir.exists():
            return
        with exclusively(self.data_dir / "embedded.lock"):
            if self._users.leave():
                self._shut_down()

    def release(self) -> None:
        """End this process's use of the server and leave it running."""
        self._users.leave()

    def _known(self) -> _Cluster:
        if self._cluster is None:
            raise EmbeddedPostgresError(f"The embedded database of {self.data_dir} has not been started.")
        return self._cluster

    def _prepare(self) -> _Cluster:
        home = existing_home(self.data_dir)
        account = choose_account(self._environment, home / CLUSTER_NAME if home else None)
        binaries = binaries_for(account, self._system_dir)
        if home is None:
            home = new_home(self.data_dir, account, self._system_dir)
            create_cluster(home, binaries, account)
            remember_home(self.data_dir, home)
        folder = home / CLUSTER_NAME
        require_version(folder)
        return _Cluster(
            folder=folder, socket=socket_folder(home, account), account=account, binaries=binaries
        )

    def _adopt(self, cluster: _Cluster) -> bool:
        """Use a server that runs already; False when there is none, or it was just ending."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return find_postmaster(cluster.folder) is not None and self._wait_until_ready(cluster)

    def _launch(self, cluster: _Cluster) -> None:
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            remove_stale_lock_files(cluster.folder, cluster.socket / SOCKET_NAME)
            said_before = cluster.log_sizes()
            self._process = self._spawn(cluster)
            if self._wait_until_ready(cluster):
                return
            words = cluster.said_since(said_before)
            if time.monotonic() > deadline or not any(trouble in words for trouble in PASSING_TROUBLE):
                raise EmbeddedPostgresError(
                    f"The embedded PostgreSQL did not start: {words or 'it said nothing'}"
                )
            time.sleep(LOOK_SECONDS)

    def _spawn(self, cluster: _Cluster) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C must not reach the database before web and workers have finished.
        with cluster.startup_log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                server_command(cluster.binaries, cluster.folder, cluster.socket),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **cluster.account.popen_arguments(),
            )
        _started[:] = [*(earlier for earlier in _started if earlier.poll() is None), process]
        return process

    def _wait_until_ready(self, cluster: _Cluster) -> bool:
        """Wait for answers; False when the process ends instead. Recovery after a crash may take long."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers(cluster):
            if self._is_gone(cluster):
                return False
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"The embedded PostgreSQL runs but accepted no connection within {START_SECONDS} s: "
                    f"see {cluster.folder / 'log'}."
                )
            time.sleep(LOOK_SECONDS)
        return True

    def _is_gone(self, cluster: _Cluster) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return find_postmaster(cluster.folder) is None

    def _answers(self, cluster: _Cluster) -> bool:
        found = find_postmaster(cluster.folder)
        if found is None:
            return False
        isready = str(cluster.binaries.program("pg_isready"))
        command = [
            isready,
            "-q",
            "-h",
            str(found.socket_folder),
            "-p",
            "5432",
            "-U",
            SUPERUSER,
            "-d",
            "postgres",
        ]
        return cluster.account.run(command).returncode == 0

    def _shut_down(self) -> None:
        home = existing_home(self.data_dir)
        if home is not None:
            shut_down(home / CLUSTER_NAME, self._process)
        self._process = None
