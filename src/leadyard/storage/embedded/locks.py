"""Locks on files, which the system lets go of however a process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` alone while the block runs; others wait."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class UseCount:
    """Counts the processes that use something, by a shared lock that each of them holds on one file."""

    def __init__(self, path: Path) -> None:
        """Hold nothing yet."""
        self._path = path
        self._descriptor: int | None = None

    def enter(self) -> None:
        """Count this process; a second time changes nothing."""
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._descriptor = descriptor

    def leave(self) -> bool:
        """Stop counting this process; True when no other is left."""
        descriptor = (
            os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if self._descriptor is None
            else self._descriptor
        )
        self._descriptor = None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True
