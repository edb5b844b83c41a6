"""CSV files: their encoding, delimiter and rows."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from leadyard.imports.files.model import LONGEST_VALUE, MOST_COLUMNS, ImportFileError, Table, TableRow
from leadyard.kit.spreadsheets import restored

_DELIMITERS = ",;\t|"
_LONGEST_LINE = 16 * 1024 * 1024
_TOO_LONG = "x" * (LONGEST_VALUE + 1) + "\n"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@contextmanager
def open_text(path: Path) -> Iterator[Table]:
    """Open a CSV file in UTF-8, Windows-1252 or UTF-16 with a mark; raises ImportFileError.

    Bytes that are not UTF-8 are kept for whoever reads the cell.
    """
    with path.open("rb") as raw:
        is_utf_16 = raw.read(2) in _UTF_16_MARKS
    encoding, errors = ("utf-16", "replace") if is_utf_16 else ("utf-8", "surrogateescape")
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        lines = _lines(file)
        header, delimiter = read_header(lines)
        yield Table(header, _count_lines(path) - 1, read_rows(lines, delimiter, len(header)))


def read_header(lines: Iterator[str]) -> tuple[list[str], str]:
    """Read the first line; gives its titles and the delimiter, whichever of , ; tab | it has most of.

    Raises ImportFileError for an empty file, and for one that is no text.
    """
    first = next(lines, "").removeprefix("\ufeff")
    if "\x00" in first:
        raise ImportFileError("The file is neither a CSV file nor an XLSX workbook")
    if not first.strip():
        raise ImportFileError("The file is empty, or its first line is: it must name the columns")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(LONGEST_VALUE)
    try:
        header = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise ImportFileError(f"The first line cannot be read: {error}") from error
    if len(header) > MOST_COLUMNS:
        raise ImportFileError(f"The file has more than {MOST_COLUMNS} columns")
    return [clean(title) for title in header], delimiter


def read_rows(lines: Iterator[str], delimiter: str, width: int) -> Iterator[TableRow]:
    """Read the rows behind the header; blank lines are skipped, a row that cannot be read says why."""
    csv.field_size_limit(LONGEST_VALUE)
    reader = csv.reader((line.replace("\x00", "") for line in lines), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield TableRow(reader.line_num + 1, [], f"The row cannot be read: {error}")
            continue
        number = reader.line_num + 1
        if len(cells) == width:
            yield TableRow(number, cells)
        elif cells:
            yield TableRow(number, cells, f"The row has {len(cells)} columns, the header {width}")


def clean(cell: str) -> str:
    """Trim a cell; bytes that were not UTF-8 are read as Windows-1252.

    An apostrophe that keeps spreadsheets from taking a text for a formula, as our own files have it, is dropped.
    """
    if not cell.isascii():
        raw = cell.encode("utf-8", "surrogateescape")
        try:
            cell = raw.decode()
        except UnicodeDecodeError:
            cell = raw.decode("cp1252", "replace")
    return restored(cell).strip()


def _lines(file: TextIO) -> Iterator[str]:
    """Give the lines of a file; in place of one without end, one that the reader of rows refuses."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) < _LONGEST_LINE or line.endswith(("\n", "\r")):
            yield line
            continue
        while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            pass
        yield _TOO_LONG


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
