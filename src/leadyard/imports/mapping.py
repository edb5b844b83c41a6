"""Which column of a file is which field, and the values of each row by field: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from leadyard.imports.files.model import ImportFileError, TableRow
from leadyard.imports.files.texts import clean

_DROPPED = str.maketrans("", "", " \t\u00a0-_")


class ImportRow(msgspec.Struct, frozen=True):
    """One row of the file: its number there, its values by field, its cells, or why it cannot be read."""

    number: int
    values: dict[str, str]
    problem: str = ""
    cells: Sequence[str] = ()


class Columns(msgspec.Struct, frozen=True):
    """Which column of the file is which field; None is a column that nobody asked for."""

    fields: tuple[str | None, ...]
    ignored: tuple[str, ...]


def match_columns(
    header: Sequence[str], known: Iterable[tuple[str, str]], chosen: Mapping[str, str]
) -> Columns:
    """Find the field of each column: as chosen, else by exact name, else by name or label however it is written.

    `known` are the fields as (name, label). Raises ImportFileError when no column is a field, when two columns are
    the same field, or when a chosen column or field does not exist.
    """
    names = list(known)
    exact = {name for name, _ in names}
    loose: dict[str, str] = {}
    for name, label in names:
        loose.setdefault(_squeezed(name), name)
        loose.setdefault(_squeezed(label), name)
    loose.pop("", None)
    _check_choices(header, exact, chosen)
    fields = []
    for title in header:
        bare = title.strip()
        fields.append(chosen.get(bare) or (bare if bare in exact else loose.get(_squeezed(bare))))
    found = [field for field in fields if field is not None]
    if not found:
        raise ImportFileError("No column of the file is a known field; the first line must name them")
    twice = sorted({field for field in found if found.count(field) > 1})
    if twice:
        raise ImportFileError(f"More than one column is the field {', '.join(twice)}")
    titled = zip(header, fields, strict=True)
    return Columns(tuple(fields), tuple(title for title, field in titled if field is None and title.strip()))


def _check_choices(header: Sequence[str], exact: set[str], chosen: Mapping[str, str]) -> None:
    titles = {title.strip() for title in header}
    for title, name in chosen.items():
        if title not in titles:
            raise ImportFileError(f"The file has no column {title}")
        if name not in exact:
            raise ImportFileError(f"There is no field {name}")


def _squeezed(text: str) -> str:
    return text.strip().lower().translate(_DROPPED)


def read_values(
    rows: Iterable[TableRow], columns: Columns, *, keeps_empty: bool = False
) -> Iterator[ImportRow]:
    """Read the values of each row by field, empty ones where wanted; a row that cannot be read says why."""
    fields = columns.fields
    for row in rows:
        problem = row.problem or _bad_cell(row, columns)
        if problem:
            yield ImportRow(row.number, {}, problem, row.cells)
            continue
        values = {
            field: clean(cell)
            for field, cell in zip(fields, row.cells, strict=True)
            if field is not None and (cell or keeps_empty)
        }
        yield ImportRow(row.number, values, "", row.cells)


def _bad_cell(row: TableRow, columns: Columns) -> str:
    """Tell what is wrong with the first cell that somebody asked for."""
    return next((text for place, text in row.bad_cells.items() if _is_asked(columns, place)), "")


def _is_asked(columns: Columns, place: int) -> bool:
    return place < len(columns.fields) and columns.fields[place] is not None
