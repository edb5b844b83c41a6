"""Writes batches of rows as an XLSX workbook on disk, whose cells are texts, numbers and times, never formulas."""

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from leadyard.exports.model import Column, Form, Kind, Rows
from leadyard.exports.writers import TEXTS
from leadyard.kit.money import MICRO
from leadyard.kit.spreadsheets import cell_text, is_defused

_CHUNK = 256 * 1024
_LARGEST_EXACT = 2**53
_MOMENT = "yyyy-mm-dd hh:mm:ss"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Write = Callable[[int, int, Any], object]


class WorkbookWriter:
    """A workbook that is written row by row into a folder of its own; a full sheet is followed by another.

    Everything but making one takes its time: it belongs into threads, of which one at a time is let in. Whoever makes
    one drops it, even if it was never begun: a thread may still begin it after nobody waits for that any more.
    """

    def __init__(self, name: str, columns: Sequence[Column], form: Form) -> None:
        """Take what is to be written; nothing is on disk yet."""
        self._name = name.title()
        self._columns = columns
        self._most = form.sheet_rows
        self._sheets = 0
        self._lock = threading.Lock()
        self._is_dropped = False
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._book: Any = None

    def begin(self) -> None:
        """Begin the first sheet with its heading, unless the workbook is dropped."""
        with self._lock:
            if self._is_dropped:
                return
            self._folder = tempfile.TemporaryDirectory(prefix="leadyard-export-")
            self._path = Path(self._folder.name) / "export.xlsx"
            self._book = xlsxwriter.Workbook(str(self._path), {**_OPTIONS, "tmpdir": self._folder.name})
            self._book.use_zip64()
            self._moment = self._book.add_format({"num_format": _MOMENT})
            self._quoted = self._book.add_format({"quote_prefix": True})
            self._begin_sheet()

    def add(self, rows: Rows) -> None:
        """Write rows."""
        with self._lock:
            self._add(rows)

    def _add(self, rows: Rows) -> None:
        cells = [column.read(rows) for column in self._columns]
        for index in range(len(rows)):
            if self._row == self._most:
                self._begin_sheet()
            for place, (write, values) in enumerate(zip(self._writes, cells, strict=True)):
                value = values[index]
                if value is not None:
                    write(self._row, place, value)
            self._row += 1

    def finish(self) -> None:
        """End the workbook; its bytes are then read by `chunks`."""
        with self._lock:
            self._book.close()

    def chunks(self) -> Iterator[bytes]:
        """Read the finished workbook."""
        with self._path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def drop(self) -> None:
        """Remove everything that is on disk, once nothing more is being written."""
        with self._lock:
            self._is_dropped = True
            for sheet in () if self._book is None else self._book.worksheets():
                with contextlib.suppress(OSError):  # a full disk keeps nobody from removing what is on it
                    sheet._opt_close()  # noqa: SLF001 - an abandoned workbook has no other way to close its files
            if self._folder is not None:
                self._folder.cleanup()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(
            self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        )
        self._writes = [self._write_of(column.kind) for column in self._columns]
        for place, column in enumerate(self._columns):
            self._text(0, place, column.name)
        self._row = 1

    def _write_of(self, kind: Kind) -> Write:
        if kind is Kind.TEXT:
            return self._text
        if kind is Kind.MOMENT:
            return self._time
        if kind is Kind.FLAG:
            return self._sheet.write_boolean  # type: ignore[no-any-return]
        if kind in {Kind.NUMBER, Kind.MICROS, Kind.DECIMAL}:
            return self._number_of(kind)
        return lambda row, place, value: self._text(row, place, TEXTS[kind](value))

    def _number_of(self, kind: Kind) -> Write:
        unit = MICRO if kind is Kind.MICROS else 1

        def write(row: int, place: int, value: Any) -> None:
            if abs(value) <= _LARGEST_EXACT:
                self._sheet.write_number(row, place, value / unit)
            else:
                self._text(row, place, TEXTS[kind](value))

        return write

    def _time(self, row: int, place: int, value: Any) -> None:
        self._sheet.write_datetime(row, place, value.replace(tzinfo=None), self._moment)

    def _text(self, row: int, place: int, text: str) -> None:
        """Write a text cell; one that would be a formula if it were typed is marked as text."""
        mark = self._quoted if is_defused(text) else None
        self._sheet.write_string(row, place, cell_text(text), mark)
