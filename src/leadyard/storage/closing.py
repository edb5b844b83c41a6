"""What a unit of work adds to rows that many share: kept until its end, and written just before the commit.

Such a row is locked until the commit. Written on the way, each unit of work would lock them in the order in which it came
by them, and two would wait for each other; written last and in one order, nobody waits in a circle, and nobody longer
than a commit takes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from leadyard.storage.database import Connection

Key = tuple[Any, ...]
"""The account's id, and whatever else names a row; those of one kind can be sorted."""


class Sums(msgspec.Struct, frozen=True, eq=False):
    """A kind of shared rows; `write` is given the sums of a unit of work, in order of their keys."""

    name: str
    write: "Callable[[Connection, Mapping[Key, Sequence[int]]], Awaitable[None]]"


class Closing:
    """What one connection's unit of work has yet to add."""

    def __init__(self) -> None:
        """Start outside a unit of work."""
        self._is_open = False
        self._kinds: dict[str, Sums] = {}
        self._added: dict[str, dict[Key, list[int]]] = {}

    def begin(self) -> None:
        """Begin a unit of work."""
        self._is_open = True

    def end(self) -> None:
        """End it, and forget what was not written."""
        self._is_open = False
        self._kinds.clear()
        self._added.clear()

    def add(self, sums: Sums, key: Key, *numbers: int) -> None:
        """Add numbers to those of a row; outside a unit of work nobody would write them, so that is an error."""
        if not self._is_open:
            raise RuntimeError(f"{sums.name} are counted outside a unit of work")
        self._kinds[sums.name] = sums
        added = self._added.setdefault(sums.name, {})
        before = added.get(key)
        added[key] = (
            list(numbers) if before is None else [a + b for a, b in zip(before, numbers, strict=True)]
        )

    async def write(self, connection: "Connection") -> None:
        """Write all sums that are not zero, one kind after the other by name."""
        for name, sums in sorted(self._kinds.items()):
            added = {key: numbers for key, numbers in sorted(self._added[name].items()) if any(numbers)}
            if added:
                await sums.write(connection, added)
