"""Sheets of XLSX workbooks, read row by row with openpyxl's reader of cells behind our own guards."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from openpyxl.packaging.manifest import Manifest  # type: ignore[import-untyped]
from openpyxl.reader.workbook import WorkbookParser  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter, range_boundaries  # type: ignore[import-untyped]
from openpyxl.worksheet._reader import (  # type: ignore[import-untyped]
    DIMENSION_TAG,
    FORMULA_TAG,
    ROW_TAG,
    WorkSheetParser,
)
from openpyxl.xml.constants import (  # type: ignore[import-untyped]
    ARC_CONTENT_TYPES,
    ARC_WORKBOOK,
    SHARED_STRINGS,
    XLSM,
    XLSX,
    XLTM,
    XLTX,
)

from leadyard.imports.files.archives import GuardedArchive, GuardedXml
from leadyard.imports.files.cells import Formats, number_formats, text_of
from leadyard.imports.files.elements import finished
from leadyard.imports.files.model import LONGEST_VALUE, MOST_COLUMNS, ImportFileError, Table, TableRow
from leadyard.imports.files.strings import SharedStrings, shared_strings

_STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ParseError, NotImplementedError, RuntimeError,
    LookupError, ValueError, TypeError, AttributeError, OverflowError,
)  # fmt: skip
"""What the standard library and openpyxl raise for archives and parts that are not as they should be."""
_UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, OverflowError)


@contextmanager
def open_workbook(path: Path, sheet: str) -> Iterator[Table]:
    """Open a sheet by its name ("": the first one that is shown); raises ImportFileError.

    The first row that is not empty names the columns.
    """
    with _opened(path) as archive:
        try:
            source, strings, formats = _parts(archive, sheet)
        except _DAMAGED as error:
            raise _not_a_workbook() from error
        with _damage_told(), shared_strings(strings) as texts:
            yield _table(_Sheet(source, texts, formats))


def _parts(archive: GuardedArchive, sheet: str) -> tuple[GuardedXml, GuardedXml | None, Formats]:
    """Find what a sheet is made of; openpyxl warns of what it leaves out, which is nothing that rows need."""
    with warnings.catch_warnings(action="ignore"):
        package = Manifest.from_tree(fromstring(archive.read(ARC_CONTENT_TYPES)))  # noqa: S314 - guarded
        book = _workbook(archive, package)
        source, formats = archive.stream(_sheet_part(book, sheet)), _formats(archive, package, book)
    strings = package.find(SHARED_STRINGS)
    return source, None if strings is None else archive.stream(strings.PartName[1:]), formats


@contextmanager
def _opened(path: Path) -> Iterator[GuardedArchive]:
    try:
        archive = GuardedArchive(path)
    except _DAMAGED as error:
        raise _not_a_workbook() from error
    with archive:
        yield archive


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ParseError) as error:
        raise ImportFileError("The workbook is damaged: it cannot be read to its end") from error


def _not_a_workbook() -> ImportFileError:
    return ImportFileError("The file is not an XLSX workbook, or it is damaged")


def _workbook(archive: GuardedArchive, package: Any) -> Any:
    part = next((found for kind in (XLSX, XLSM, XLTX, XLTM) if (found := package.find(kind))), None)
    book = WorkbookParser(archive, ARC_WORKBOOK if part is None else part.PartName[1:], keep_links=False)
    book.parse()
    return book


def _sheet_part(book: Any, wanted: str) -> str:
    named = [(one, book.rels[one.id]) for one in book.sheets if one.id]
    sheets = [(one, rel) for one, rel in named if rel.Type.endswith("/worksheet")]
    if not sheets:
        raise ImportFileError("The workbook has no sheet that can be read; save it as .xlsx")
    for one, rel in sheets:
        if one.name.casefold() == wanted.casefold() or (not wanted and one.state == "visible"):
            return str(rel.target)
    if not wanted:
        return str(sheets[0][1].target)
    names = ", ".join(one.name for one, _ in sheets)
    raise ImportFileError(f"The workbook has no sheet {wanted}; it has {names}")


def _formats(archive: GuardedArchive, package: Any, book: Any) -> Formats:
    part = package.find(_STYLES)
    if part is None:
        return Formats((), book.wb.epoch)
    styles = fromstring(archive.read(part.PartName[1:]))  # noqa: S314 - the archive refuses what expands
    return Formats(number_formats(styles), book.wb.epoch)


class _Cells(WorkSheetParser):  # type: ignore[misc]
    """Reads cells; a formula that was never worked out says so."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell


class _Sheet:
    """The rows of a sheet, each with its number and the texts of its cells."""

    def __init__(self, source: GuardedXml, strings: SharedStrings, formats: Formats) -> None:
        self._parser = _Cells(source, strings, data_only=True)
        self._formats = formats
        self._elements = finished(source, ROW_TAG, DIMENSION_TAG)
        self.last_row: int | None = None

    def rows(self) -> Iterator[TableRow]:
        with _damage_told():
            for element in self._elements:
                if element.tag == DIMENSION_TAG:
                    self.last_row = _last_row(element)
                    continue
                row = self._row(element)
                if row.problem or row.bad_cells or any(row.cells):
                    yield row

    def _row(self, element: Element) -> TableRow:
        before = self._parser.row_counter
        try:
            number, found = self._parser.parse_row(element)
            if number > before and all(cell["row"] == number for cell in found):
                return _row_of(number, found, self._formats)
            problem = "The row is out of order"
        except _UNREADABLE:
            problem = "The row cannot be read: its cells are damaged"
        finally:
            # What the parser keeps of each row would grow with the sheet.
            self._parser.row_dimensions.clear()
            self._parser.row_counter = max(self._parser.row_counter, before + 1)
        return TableRow(self._parser.row_counter, [], problem)


def _row_of(number: int, found: list[dict[str, Any]], formats: Formats) -> TableRow:
    width = max((cell["column"] for cell in found), default=0)
    if width > MOST_COLUMNS:
        return TableRow(number, [], f"The row has more than {MOST_COLUMNS} columns")
    cells, bad = [""] * width, {}
    for cell in found:
        place = cell["column"] - 1
        problem = _problem(cell)
        try:
            cells[place] = text_of(cell["value"], cell["style_id"], formats)
        except ValueError as error:
            problem = str(error)
        if len(cells[place]) > LONGEST_VALUE:
            cells[place], problem = "", f"has more than {LONGEST_VALUE} characters"
        if problem:
            bad[place] = f"The cell {get_column_letter(place + 1)}{number} {problem}"
    return TableRow(number, cells, "", bad)


def _problem(cell: dict[str, Any]) -> str:
    if cell["data_type"] == "e":
        return f"holds the error {cell['value']}"
    if cell["data_type"] == "f":
        return "holds a formula that was never worked out: save the workbook in a spreadsheet program"
    return ""


def _table(sheet: _Sheet) -> Table:
    rows = sheet.rows()
    first = next(rows, None)
    if first is None:
        raise ImportFileError("The sheet is empty: its first row must name the columns")
    if first.problem or first.bad_cells:
        raise ImportFileError(first.problem or next(iter(first.bad_cells.values())))
    header = _without_blanks(first.cells)
    most = None if sheet.last_row is None else max(0, sheet.last_row - first.number)
    return Table(header, most, (_fitted(row, len(header)) for row in rows))


def _fitted(row: TableRow, width: int) -> TableRow:
    """Give a row as many cells as there are columns: sheets do not keep what is empty at the end."""
    if row.problem or len(row.cells) == width:
        return row
    cells = _without_blanks(row.cells)
    problem = f"The row has {len(cells)} columns, the header {width}" if len(cells) > width else ""
    return TableRow(row.number, cells + [""] * (width - len(cells)), problem, row.bad_cells)


def _without_blanks(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _last_row(element: Element) -> int | None:
    try:
        return int(range_boundaries(element.get("ref", ""))[3])
    except (ValueError, TypeError):
        return None
