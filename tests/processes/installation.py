"""A whole installation as an operator runs it: `leadyard serve` in child processes, which tests may stop or kill."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from leadyard.storage.embedded.placement import CLUSTER_NAME, existing_home
from leadyard.storage.embedded.postmaster import find_postmaster, is_alive

PATIENCE_SECONDS = 180
LOOK_SECONDS = 0.05
READY = "Leadyard is ready at "


class Role(StrEnum):
    """A part of an installation that can be killed."""

    WEB = "web"
    WORKER = "worker"
    BACKEND = "backend"
    POSTMASTER = "postmaster"
    SUPERVISOR = "supervisor"
    TREE = "tree"


class Installation:
    """One data directory and the processes on it."""

    def __init__(self, data_dir: Path, *, web_processes: int) -> None:
        self.data_dir = data_dir
        self.web_processes = web_processes
        self.log = data_dir.with_name("serve.log")
        self.port = 0
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, at the port of the first start, and wait until it says that it is ready."""
        said_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                self.command("serve", "--demo", "--port", str(self.port)),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(lambda: READY in self.said(said_before) or self._has_ended())
        words = self.said(said_before)
        assert READY in words, f"leadyard serve ended with {self.supervisor.returncode}:\n{words[-2000:]}"
        self.port = int(words.partition(READY)[2].split()[0].rpartition(":")[2])

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "leadyard", name, "--data-dir", str(self.data_dir), *arguments]

    def run(self, name: str) -> "subprocess.CompletedProcess[str]":
        """Run another command on the same data directory."""
        return subprocess.run(
            self.command(name),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    @property
    def supervisor(self) -> "subprocess.Popen[bytes]":
        assert self._supervisor is not None, "not started"
        return self._supervisor

    def demo(self) -> dict[str, Any]:
        """Read what the demo tells of its keys."""
        document: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_bytes())
        return document

    def key(self, name: str = "admin_key") -> str:
        return str(self.demo()["leadbyte"][name])

    def said(self, start: int = 0) -> str:
        """Return what was logged from a byte on."""
        return self.log.read_bytes()[start:].decode(errors="replace")

    def terminate(self) -> None:
        self.supervisor.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        return self.supervisor.wait(PATIENCE_SECONDS)

    def processes(self, role: Role) -> list[int]:
        """List the living processes of a role; none while they are being started again."""
        if role is Role.SUPERVISOR:
            return [] if self._has_ended() else [self.supervisor.pid]
        if role is Role.POSTMASTER:
            return self._postmaster()
        if role is Role.BACKEND:
            return [
                pid for parent in self._postmaster() for pid in children(parent) if b"[local]" in told(pid)
            ]
        children_of_supervisor = children(self.supervisor.pid)
        if role is Role.TREE:
            return [self.supervisor.pid, *self._postmaster(), *children_of_supervisor]
        return [pid for pid in children_of_supervisor if f"\0{role}\0".encode() in told(pid)]

    def kill(self, role: Role, chance: random.Random) -> None:
        """Kill one process of a role with SIGKILL; the whole tree supervisor first."""
        if role is Role.TREE:
            self.kill_tree()
            return
        victims: list[int] = []
        while not victims:
            victims = self.processes(role)
        signal_if_alive(chance.choice(victims))
        if role is Role.SUPERVISOR:
            self.wait()

    def kill_tree(self) -> None:
        """Kill everything at once, as a machine that goes down does, and wait until it is gone."""
        postmasters = self._postmaster()
        victims = [self.supervisor.pid, *postmasters, *children(self.supervisor.pid)]
        victims += [pid for parent in postmasters for pid in children(parent)]
        for pid in dict.fromkeys(victims):
            signal_if_alive(pid)
        self.wait()
        eventually(lambda: not any(is_alive(pid) for pid in victims))

    def end(self) -> None:
        """End whatever still runs, for the end of a test."""
        if self._supervisor is None:
            return
        if not self._has_ended():
            self.terminate()
            self.wait()
        for pid in self._postmaster():
            signal_if_alive(pid)
            eventually(lambda pid=pid: not is_alive(pid))  # type: ignore[misc]

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("LEADYARD_") or name == "LEADYARD_POSTGRES_USER"
        }
        return kept | {"LEADYARD_WEB_PROCESSES": str(self.web_processes)}

    def _has_ended(self) -> bool:
        return self.supervisor.poll() is not None

    def _postmaster(self) -> list[int]:
        home = existing_home(self.data_dir) if self.data_dir.exists() else None
        found = None if home is None else find_postmaster(home / CLUSTER_NAME)
        return [] if found is None else [found.process_id]


def children(parent: int) -> list[int]:
    """List the children of a process that are alive."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, number = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(number) == parent and state != "Z":
            found.append(int(folder.name))
    return sorted(found)


def told(pid: int) -> bytes:
    """Return a process's command line; empty when it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def sockets(pid: int) -> int:
    """Count the sockets that a process has open."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += str(link.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return count


def signal_if_alive(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def eventually(happened: Callable[[], object]) -> None:
    """Wait until something is so in another process."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(LOOK_SECONDS)
