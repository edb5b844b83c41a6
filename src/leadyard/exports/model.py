"""What an export is made of: columns over batches of rows."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any

import msgspec

from leadyard.kit.errors import FieldProblem, InvalidInputError

Rows = Sequence[Any]
"""Rows of a page: whatever gives a member by its name."""
Read = Callable[[Rows], Sequence[Any]]
MOST_COLUMNS = 1000
_SHEET_ROWS = 1_048_576


class Kind(Enum):
    """What the values of a column are; None is an empty cell everywhere."""

    TEXT = "text"
    NUMBER = "number"
    MICROS = "micros"
    """Whole micro-units, shown as exact decimals."""
    DECIMAL = "decimal"
    MOMENT = "moment"
    FLAG = "flag"
    LIST = "list"
    """Texts or numbers, several in one cell."""


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """The content type of such a file."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/jsonl",
}


class Form(msgspec.Struct, frozen=True):
    """How a file is to look; `is_raw` leaves what could run as a formula as it is."""

    format: Format = Format.CSV
    is_raw: bool = False
    sheet_rows: int = _SHEET_ROWS
    """How many rows a sheet of a workbook has at most, its heading included."""


class Column(msgspec.Struct, frozen=True):
    """A column: its name in the heading, and how its values are read from a batch of rows.

    `members` names what it reads of them.
    """

    name: str
    kind: Kind
    read: Read
    members: tuple[str, ...] = ()


def plain(name: str, kind: Kind = Kind.TEXT, *, member: str = "") -> Column:
    """Make a column that shows a member of the rows, under its own name unless told otherwise."""
    wanted = member or name
    return Column(name, kind, lambda rows: [row[wanted] for row in rows], (wanted,))


def worded(name: str, words: Mapping[int, str], *, member: str = "") -> Column:
    """Make a column that shows the words of a small enumeration."""
    wanted = member or name
    return Column(name, Kind.TEXT, lambda rows: [words[row[wanted]] for row in rows], (wanted,))


def named(name: str, names: Mapping[int, str], *, member: str) -> Column:
    """Make a column that shows the name of what an id stands for, as it is called now."""
    return Column(name, Kind.TEXT, lambda rows: [names.get(row[member]) for row in rows], (member,))


def choose(text: str | None, columns: Sequence[Column], groups: Mapping[str, Sequence[str]]) -> list[Column]:
    """Choose columns by names with commas between them, in that order; all of them without a choice.

    The name of a group stands for its columns. Raises InvalidInputError for names that are unknown or come twice.
    """
    if text is None or not text.strip():
        return list(columns)
    known = {column.name: column for column in columns}
    names: list[str] = []
    for written in text.split(","):
        name = written.strip()
        names += groups.get(name, (name,))
    problems = [f"has no column {_shown(name)}" for name in names if name not in known]
    problems += [f"names {_shown(name)} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if len(names) > MOST_COLUMNS:
        problems = [f"names more than {MOST_COLUMNS} columns"]
    if problems:
        raise InvalidInputError([FieldProblem("columns", problem) for problem in problems[:20]])
    return [known[name] for name in names]


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:100]) or "without a name"
