"""CSV files of unknown origin, as rows of a campaign's fields: pure over lines of text."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from leadyard.kit.errors import LeadyardError
from leadyard.kit.spreadsheets import restored

LONGEST_VALUE = 65_536
_DELIMITERS = ",;\t|"
_DROPPED = str.maketrans("", "", " \t\u00a0-_")
SUPPLIER_COLUMNS = ("sid", "ssid")


class ImportFileError(LeadyardError):
    """A file that cannot be imported as it is: no header, or no column that the campaign knows."""


class ImportRow(msgspec.Struct, frozen=True):
    """One row of the file: its number (the header is 1), its values by field, or why it cannot be read."""

    number: int
    values: dict[str, str]
    problem: str = ""


class Columns(msgspec.Struct, frozen=True):
    """Which column of the file is which field; None is a column that nobody asked for."""

    fields: tuple[str | None, ...]
    ignored: tuple[str, ...]


def match_columns(
    header: Sequence[str], known: Iterable[tuple[str, str]], chosen: Mapping[str, str]
) -> Columns:
    """Find the field of each column: as chosen, else by exact name, else by name or label however it is written.

    `known` are the campaign's fields as (name, label). Raises ImportFileError when no column is a field, when two
    columns are the same field, or when a chosen column or field does not exist.
    """
    names = [*known, *((name, name) for name in SUPPLIER_COLUMNS)]
    exact = {name for name, _ in names}
    loose: dict[str, str] = {}
    for name, label in names:
        loose.setdefault(_squeezed(name), name)
        loose.setdefault(_squeezed(label), name)
    _check_choices(header, exact, chosen)
    fields = []
    for title in header:
        bare = title.strip()
        fields.append(chosen.get(bare) or (bare if bare in exact else loose.get(_squeezed(bare))))
    found = [field for field in fields if field is not None]
    if not found:
        raise ImportFileError(
            "No column of the file is a field of the campaign; the first line must name them"
        )
    twice = sorted({field for field in found if found.count(field) > 1})
    if twice:
        raise ImportFileError(f"More than one column is the field {', '.join(twice)}")
    ignored = tuple(title for title, field in zip(header, fields, strict=True) if field is None)
    return Columns(tuple(fields), ignored)


def _check_choices(header: Sequence[str], exact: set[str], chosen: Mapping[str, str]) -> None:
    titles = {title.strip() for title in header}
    for title, name in chosen.items():
        if title not in titles:
            raise ImportFileError(f"The file has no column {title}")
        if name not in exact:
            raise ImportFileError(f"The campaign has no field {name}")


def _squeezed(text: str) -> str:
    return text.strip().lower().translate(_DROPPED)


def read_header(lines: Iterator[str]) -> tuple[list[str], str]:
    """Read the first line; gives its titles and the delimiter, whichever of , ; tab | it has most of.

    Raises ImportFileError for an empty file.
    """
    first = next(lines, "").removeprefix("\ufeff")
    if not first.strip():
        raise ImportFileError("The file is empty")
    delimiter = max(_DELIMITERS, key=first.count)
    return next(csv.reader([first], delimiter=delimiter)), delimiter


def read_rows(lines: Iterator[str], delimiter: str, columns: Columns) -> Iterator[ImportRow]:
    """Read the rows behind the header; blank lines are skipped, a row that cannot be read says why."""
    csv.field_size_limit(LONGEST_VALUE)
    reader = csv.reader((line.replace("\x00", "") for line in lines), delimiter=delimiter, strict=True)
    width = len(columns.fields)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield ImportRow(reader.line_num + 1, {}, f"The row cannot be read: {error}")
            continue
        number = reader.line_num + 1
        if not cells:
            continue
        if len(cells) != width:
            yield ImportRow(number, {}, f"The row has {len(cells)} columns, the header {width}")
            continue
        values = {
            field: _text(cell)
            for field, cell in zip(columns.fields, cells, strict=True)
            if field is not None and cell
        }
        yield ImportRow(number, values)


def _text(cell: str) -> str:
    """Trim a cell, without the apostrophe that exports put before formulas.

    Bytes that were not UTF-8 are read as Windows-1252.
    """
    if not cell.isascii():
        raw = cell.encode("utf-8", "surrogateescape")
        try:
            cell = raw.decode()
        except UnicodeDecodeError:
            cell = raw.decode("cp1252", "replace")
    return restored(cell).strip()
