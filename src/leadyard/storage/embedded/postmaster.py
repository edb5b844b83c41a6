"""Finds a cluster's server process by its `postmaster.pid`, and ends it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

from leadyard.storage.embedded.errors import EmbeddedPostgresError

STOP_SECONDS = 60
LOOK_SECONDS = 0.03


class Postmaster(msgspec.Struct, frozen=True):
    """A living server process and the folder of its socket."""

    process_id: int
    socket_folder: Path


def find_postmaster(cluster: Path) -> Postmaster | None:
    """Return the server process that runs this cluster, None when there is none.

    A process that merely got the number of a dead server is not taken for it.
    """
    lines = _pid_file(cluster)
    if not lines or not lines[0].strip().isdigit():
        return None
    process_id = int(lines[0])
    if not is_alive(process_id) or not _works_in(process_id, cluster):
        return None
    folder = lines[4].strip() if len(lines) > 4 else ""  # noqa: PLR2004 - the fifth line holds the socket's folder
    return Postmaster(process_id=process_id, socket_folder=Path(folder))


def remove_stale_lock_files(cluster: Path, socket: Path) -> None:
    """Remove what a dead server left: `postmaster.pid` and the lock of its socket, which only this cluster uses.

    PostgreSQL refuses to start when the number in one of them has gone to some other process, or to a zombie. What
    still protects a cluster with surviving backends is PostgreSQL's own check of its shared memory.
    """
    if find_postmaster(cluster) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)


def shut_down(cluster: Path, child: "subprocess.Popen[bytes] | None") -> None:
    """End the cluster's server, at once but orderly; `child` is its process where that is ours to reap.

    Raises EmbeddedPostgresError when it does not end.
    """
    found = find_postmaster(cluster)
    if found is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        os.kill(found.process_id, how)
        if _ended(found.process_id, child):
            return
    raise EmbeddedPostgresError(f"The embedded PostgreSQL (process {found.process_id}) does not end.")


def _ended(process_id: int, child: "subprocess.Popen[bytes] | None") -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if child is not None:
            child.poll()
        if not is_alive(process_id):
            return True
        time.sleep(LOOK_SECONDS)
    return False


def is_alive(process_id: int) -> bool:
    """Tell whether a process with this number exists and is not just waiting to be reaped."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return not Path("/proc/self/stat").exists()
    return status.rpartition(")")[2].split()[0] != "Z"


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _works_in(process_id: int, cluster: Path) -> bool:
    # A server's working directory is its cluster. Without /proc (macOS) the program's name has to do.
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{process_id}/cwd").samefile(cluster)
        except OSError:
            return False
    result = subprocess.run(  # noqa: S603 - a fixed command
        ["ps", "-o", "comm=", "-p", str(process_id)],  # noqa: S607 - its place differs between systems
        check=False,
        capture_output=True,
        text=True,
    )
    return Path(result.stdout.strip()).name == "postgres"
