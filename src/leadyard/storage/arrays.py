"""Columns of rows as PostgreSQL's array literals, for statements that take a whole batch at once.

asyncpg looks at every element of an array from Python's side to find out whether it is an array itself; on the hot
paths that was a sixth of all time. A literal is one text parameter, which the statement casts: `$1::text::bigint[]`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID


def _braced(elements: list[str]) -> str:
    return "{" + ",".join(elements) + "}"


def integers(values: Iterable[int | None]) -> str:
    """Write whole numbers; booleans belong to `booleans`."""
    return _braced(["NULL" if value is None else int.__repr__(value) for value in values])


def booleans(values: Iterable[bool]) -> str:
    """Write truth values."""
    return _braced(["t" if value else "f" for value in values])


def texts(values: Iterable[str | None]) -> str:
    """Write texts."""
    return _braced(
        [
            "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            for value in values
        ]
    )


def octets(values: Iterable[bytes | None]) -> str:
    """Write byte strings for `bytea[]`."""
    return _braced(["NULL" if value is None else '"\\\\x' + value.hex() + '"' for value in values])


def uuids(values: Iterable[UUID]) -> str:
    """Write UUIDs."""
    return _braced([value.hex for value in values])


def moments(values: Iterable[datetime | None]) -> str:
    """Write instants, which carry their zone."""
    return _braced(["NULL" if value is None else '"' + value.isoformat(" ") + '"' for value in values])


Column = tuple[str, Callable[..., str]]
"""The SQL type of a column's elements, and how they are written."""

BIGINT: Column = ("bigint", integers)
SMALLINT: Column = ("smallint", integers)
BOOLEAN: Column = ("boolean", booleans)
TEXT: Column = ("text", texts)
BYTEA: Column = ("bytea", octets)
UUIDS: Column = ("uuid", uuids)
TIMESTAMPTZ: Column = ("timestamptz", moments)


class Table:
    """The columns of a batch's rows: their place in a statement, and their values as its parameters."""

    def __init__(self, **columns: Column) -> None:
        """Name the columns in order, each with its type."""
        self._columns = columns
        self.names = tuple(columns)
        self._types = [kind for kind, _ in columns.values()]
        self._writers = [writer for _, writer in columns.values()]

    def with_columns(self, **more: Column) -> "Table":
        """Give a table with further columns behind these."""
        return Table(**self._columns, **more)

    def source(self, first: int, alias: str) -> str:
        """Write `unnest(…) AS alias (…)`, with parameters from number `first` on."""
        arrays = ", ".join(f"${number}::text::{kind}[]" for number, kind in enumerate(self._types, first))
        return f"unnest({arrays}) AS {alias} ({', '.join(self.names)})"

    def parameters(self, rows: Sequence[Sequence[object]]) -> list[str]:
        """Write rows, each a sequence of values in the order of the columns."""
        if not rows:
            return ["{}"] * len(self._writers)
        return [write(column) for write, column in zip(self._writers, zip(*rows, strict=True), strict=True)]
