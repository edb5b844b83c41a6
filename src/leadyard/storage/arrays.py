"""Columns of rows as PostgreSQL's array literals, for statements that take a whole batch at once.

asyncpg looks at every element of an array from Python's side to find out whether it is an array itself; on the hot
paths that was a sixth of all time. A literal is one text parameter, which the statement casts: `$1::text::bigint[]`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import chain
from typing import cast
from uuid import UUID


def _braced(elements: list[str]) -> str:
    return "{" + ",".join(elements) + "}"


def integers(values: Sequence[int | None]) -> str:
    """Write whole numbers; booleans belong to `booleans`."""
    try:
        return "{" + ",".join(map(int.__repr__, cast(Sequence[int], values))) + "}"
    except TypeError:  # there is a None among them
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


def dates(values: Iterable[date]) -> str:
    """Write days."""
    return _braced([value.isoformat() for value in values])


Column = tuple[str, Callable[..., str]]
"""The SQL type of a column's elements, and how they are written."""

BIGINT: Column = ("bigint", integers)
SMALLINT: Column = ("smallint", integers)
BOOLEAN: Column = ("boolean", booleans)
TEXT: Column = ("text", texts)
BYTEA: Column = ("bytea", octets)
UUIDS: Column = ("uuid", uuids)
DATE: Column = ("date", dates)
TIMESTAMPTZ: Column = ("timestamptz", moments)


class Table:
    """The columns of a batch's rows: their place in a statement, and their values as its parameters."""

    def __init__(self, **columns: Column) -> None:
        """Name the columns in order, each with its type."""
        self.names = tuple(columns)
        self._types = [kind for kind, _ in columns.values()]
        self._writers = [writer for _, writer in columns.values()]

    def source(self, first: int, alias: str) -> str:
        """Write `unnest(…) AS alias (…)`, with parameters from number `first` on."""
        arrays = ", ".join(f"${number}::text::{kind}[]" for number, kind in enumerate(self._types, first))
        return f"unnest({arrays}) AS {alias} ({', '.join(self.names)})"

    def parameters(self, rows: Sequence[Sequence[object]]) -> list[str]:
        """Write rows, each a sequence of values in the order of the columns; no row may be without any value."""
        if not rows:
            return ["{}"] * len(self._writers)
        # unnest fills a shorter array up with NULL, so a column without values, which are many, is an empty one.
        return [
            "{}" if column[0] is None and column.count(None) == len(column) else write(column)
            for write, column in zip(self._writers, zip(*rows, strict=True), strict=True)
        ]


class Numbers:
    """Rows of whole numbers in one flat array: one parameter and no function of the plan, however many columns.

    For a few rows of many columns, where each further parameter would cost more than what is in it.
    """

    def __init__(self, *names: str) -> None:
        """Name the columns in order."""
        self.names = names

    def array(self, number: int, alias: str) -> str:
        """Write a common table expression whose one row has the array, as `flat`, of parameter `number`."""
        return f"{alias} AS MATERIALIZED (SELECT ${number}::text::bigint[] AS flat)"

    def columns(self, array: str, row: str) -> str:
        """Write the columns of a row, whose number, from 0 on, is the expression `row`."""
        width = len(self.names)
        return ", ".join(
            f"{array}.flat[{row} * {width} + {at}] AS {name}" for at, name in enumerate(self.names, 1)
        )

    def source(self, array: str) -> str:
        """Write what follows FROM to have all rows, by their number `place`."""
        return f"{array}, generate_series(0, cardinality(flat) / {len(self.names)} - 1) AS place"

    def parameter(self, rows: Iterable[Sequence[int]]) -> str:
        """Write rows, each as long as there are columns."""
        return integers([*chain.from_iterable(rows)])
