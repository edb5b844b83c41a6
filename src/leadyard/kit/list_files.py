"""Files of lines that the operator brings, read anew when they were changed."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

ItemT = TypeVar("ItemT")
ListT = TypeVar("ListT")

_LOOK_EVERY_SECONDS = 10.0
_log = structlog.get_logger(__name__)


class ListFile(Generic[ItemT, ListT]):
    """The list of one process: what `make` makes of a file's items; of no items while no file is brought.

    Empty lines and lines that begin with # say nothing. Lines that `read` makes None of are passed over, and the log says
    how many. A file that cannot be read any more leaves the list as it was.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[str], ItemT | None],
        make: Callable[[Iterable[ItemT]], ListT],
        look_every_seconds: float = _LOOK_EVERY_SECONDS,
    ) -> None:
        """Begin with an empty list; `name` is what the log calls it."""
        self._name = name
        self._read = read
        self._make = make
        self._pause = look_every_seconds
        self.bring(None)

    def bring(self, path: Path | None) -> None:
        """Take the list from this file from now on, or from nowhere."""
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")
        self._list = self._make(())

    def now(self) -> ListT:
        """Give the list as the file has it, at most some seconds old."""
        if self._path is not None:
            moment = time.monotonic()
            if moment - self._looked_at >= self._pause:
                self._looked_at = moment
                self._look(self._path)
        return self._list

    def _look(self, path: Path) -> None:
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            _log.warning("a list was not read", list=self._name, error=type(error).__name__)
            return
        wanted = [
            line.strip().lower() for line in lines if line.strip() and not line.lstrip().startswith("#")
        ]
        items = [item for item in map(self._read, wanted) if item is not None]
        self._list, self._stamp = self._make(items), stamp
        _log.info("a list was read", list=self._name, items=len(items), passed_over=len(wanted) - len(items))
