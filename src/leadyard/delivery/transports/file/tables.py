"""Writes leads as CSV, XLSX or JSON, row by row; no value can become a formula in a spreadsheet."""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import xlsxwriter  # type: ignore[import-untyped]

from leadyard.delivery.kinds import FileSettings
from leadyard.kit.spreadsheets import cell_text, defused


class Writer(Protocol):
    """Takes rows and gives the bytes of the whole file at the end."""

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write rows."""

    def finish(self) -> bytes:
        """End the file."""


def neutral(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; plain numbers stay as they are.

    Programs read these files, so a telephone number such as +447700900123 is a plain number too.
    """
    return defused(text, keeps_plus=True)


def writer_of(settings: FileSettings) -> Writer:
    """Make the writer of a file's format."""
    names = [column.name for column in settings.columns]
    if settings.format == "xlsx":
        return _XlsxWriter(names if settings.heading else [])
    if settings.format == "json":
        return _JsonWriter(names)
    return _CsvWriter(names if settings.heading else [], settings.delimiter)


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a small CSV file with a heading."""
    writer = _CsvWriter(names, ",")
    writer.add(rows)
    return writer.finish()


class _CsvWriter:
    """CSV in UTF-8, lines ended as RFC 4180 asks."""

    def __init__(self, heading: Sequence[str], delimiter: str) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")
        if heading:
            self.add([heading])

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        self._csv.writerows([neutral(value) for value in row] for row in rows)

    def finish(self) -> bytes:
        return self._text.getvalue().encode()


class _JsonWriter:
    """A JSON list of objects."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._parts: list[bytes] = []

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        self._parts += [msgspec.json.encode(dict(zip(self._names, row, strict=True))) for row in rows]

    def finish(self) -> bytes:
        return b"[" + b",\n".join(self._parts) + b"]\n"


class _XlsxWriter:
    """A workbook of one sheet, kept on disk while it is written; every cell is text."""

    def __init__(self, heading: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="leadyard-file-")
        self._path = Path(self._folder.name) / "leads.xlsx"
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(self._path), {**options, "tmpdir": self._folder.name})
        self._sheet = self._book.add_worksheet("Leads")
        self._row = 0
        if heading:
            self.add([heading])

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            for column, value in enumerate(row):
                self._sheet.write_string(self._row, column, cell_text(neutral(value)))
            self._row += 1

    def finish(self) -> bytes:
        self._book.close()
        content = self._path.read_bytes()
        self._folder.cleanup()
        return content
