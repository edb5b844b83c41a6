"""What any file of rows is to those who read it."""

from collections.abc import Iterator, Mapping

import msgspec

from leadyard.kit.errors import LeadyardError

LONGEST_VALUE = 65_536
MOST_COLUMNS = 16_384
"""As many as a sheet of a spreadsheet program has."""


class ImportFileError(LeadyardError):
    """A file that cannot be imported as it is; says what is wrong with it."""


class TableRow(msgspec.Struct, frozen=True):
    """One row as the file has it; `number` counts lines of text, or is the sheet's own number of the row.

    `problem` says why it cannot be read at all, `bad_cells` what is wrong with single cells, by place from 0.
    """

    number: int
    cells: list[str]
    problem: str = ""
    bad_cells: Mapping[int, str] = {}


class Table(msgspec.Struct):
    """A file that is being read: its titles, how many rows it has at most (None: not known), and the rows to come."""

    header: list[str]
    most_rows: int | None
    rows: Iterator[TableRow]
