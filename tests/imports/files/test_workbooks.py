"""Workbooks become the rows that a person sees in them."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from leadyard.imports.files.model import ImportFileError, TableRow
from leadyard.imports.files.opening import open_table

AFTERNOON = datetime(2026, 2, 1, 13, 5, 59)  # noqa: DTZ001 - sheets know no time zones
Fill = Callable[[Any], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.xlsx"


def book(path: Path, *rows: list[Any], fill: Fill | None = None) -> None:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if fill is not None:
        fill(made.active)
    made.save(path)


def read(path: Path, sheet: str = "") -> tuple[list[str], list[TableRow]]:
    with open_table(path, sheet) as table:
        return table.header, list(table.rows)


def cells(path: Path, sheet: str = "") -> list[list[str]]:
    return [row.cells for row in read(path, sheet)[1]]


def test_values_are_what_the_sheet_shows(path: Path) -> None:
    values = [
        ("text", None), ("0044", None), (7, None), (2.5, None), (447700900123.0, "0.00E+00"), (1.23e11, None),
        (0.1 + 0.2, None), (1e-7, None), (0.125, "0.0%"), (True, None), (date(2026, 2, 1), None),
        (AFTERNOON, None), (time(7, 30), None), (timedelta(hours=30), "[h]:mm:ss"),
        (1234, "00000000"), (-3, "#,##0"), ("  spaces ", None),
    ]  # fmt: skip

    def fill(sheet: Any) -> None:
        for place, (value, shown) in enumerate(values, 1):
            cell = sheet.cell(2, place, value)
            if shown:
                cell.number_format = shown

    book(path, [f"c{n}" for n in range(len(values))], fill=fill)
    assert cells(path) == [[
        "text", "0044", "7", "2.5", "447700900123", "123000000000", "0.3", "0.0000001", "12.5%", "TRUE",
        "2026-02-01", "2026-02-01 13:05:59", "07:30:00", "30:00:00", "00001234", "-3", "spaces",
    ]]  # fmt: skip


def test_row_numbers_are_the_sheets_own_and_empty_rows_are_left_out(path: Path) -> None:
    book(path, [], ["email", "notes"], ["a@b.cd"], [], ["c@d.ef", "x"])
    header, rows = read(path)
    assert header == ["email", "notes"]
    assert [(row.number, row.cells) for row in rows] == [(3, ["a@b.cd", ""]), (5, ["c@d.ef", "x"])]


def test_a_row_with_more_cells_than_titles_is_one_bad_row(path: Path) -> None:
    book(path, ["email"], ["a@b.cd", "x", "y"], ["c@d.ef"])
    _, (wide, good) = read(path)
    assert wide.problem == "The row has 3 columns, the header 1"
    assert (good.problem, good.cells) == ("", ["c@d.ef"])


def test_merged_cells_have_their_value_once(path: Path) -> None:
    book(path, ["email", "notes"], ["a@b.cd", "both"], ["c@d.ef"], fill=lambda s: s.merge_cells("B2:B3"))
    assert cells(path) == [["a@b.cd", "both"], ["c@d.ef", ""]]


def test_formulas_give_what_was_worked_out_last(path: Path) -> None:
    made = xlsxwriter.Workbook(str(path))
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["email", "sum"])
    sheet.write_string(1, 0, "a@b.cd")
    sheet.write_formula(1, 1, "=1+2", None, 3)
    made.close()
    assert cells(path) == [["a@b.cd", "3"]]


def test_a_formula_that_was_never_worked_out_and_an_error_say_so(path: Path) -> None:
    book(path, ["email", "sum"], ["a@b.cd", "=1+2"], ["c@d.ef", "#N/A"])
    _, (formula, error) = read(path)
    assert formula.bad_cells[1].startswith("The cell B2 holds a formula that was never worked out")
    assert error.bad_cells == {1: "The cell B3 holds the error #N/A"}


def test_a_number_that_is_no_date_is_one_bad_cell(path: Path) -> None:
    book(path, ["day"], [1e12], ["x"], fill=lambda s: setattr(s["A2"], "number_format", "dd/mm/yyyy"))
    _, (bad, good) = read(path)
    assert bad.bad_cells == {0: "The cell A2 1000000000000 is not a date"}
    assert good.cells == ["x"]


def test_a_sheet_is_chosen_by_name_else_the_first_that_is_shown(path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.title = "Hidden"
    made.active.sheet_state = "hidden"
    made.active.append(["hidden"])
    made.create_sheet("March").append(["march"])
    made.create_sheet("April").append(["april"])
    made.save(path)
    assert read(path)[0] == ["march"]
    assert read(path, "april")[0] == ["april"]
    assert read(path, "Hidden")[0] == ["hidden"]
    with pytest.raises(ImportFileError, match="no sheet May; it has Hidden, March, April"):
        read(path, "May")


def test_dates_are_counted_from_1904_where_the_workbook_does(path: Path) -> None:
    made = xlsxwriter.Workbook(str(path), {"date_1904": True})
    sheet = made.add_worksheet()
    sheet.write(0, 0, "day")
    sheet.write_datetime(1, 0, AFTERNOON, made.add_format({"num_format": "yyyy-mm-dd"}))
    made.close()
    assert cells(path) == [["2026-02-01"]]


def test_shared_rich_and_inline_texts_are_read(path: Path) -> None:
    made = xlsxwriter.Workbook(str(path), {"in_memory": True})
    sheet, bold = made.add_worksheet(), made.add_format({"bold": True})
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_rich_string(1, 0, "plain ", bold, "bold")
    sheet.write_string(1, 1, "two\nlines & <more>")
    made.close()
    assert cells(path) == [["plain bold", "two\nlines & <more>"]]
    made = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    made.add_worksheet().write_row(0, 0, ["inline"])
    made.close()
    assert read(path)[0] == ["inline"]


def test_escapes_that_are_no_text_do_no_harm(path: Path) -> None:
    book(path, ["a", "b"], ["one_x000A_two", "x_xD800_y_x0000_z"])
    assert cells(path) == [["one\ntwo", "x\ufffdyz"]]


def test_an_empty_sheet_is_refused(path: Path) -> None:
    book(path)
    with pytest.raises(ImportFileError, match="sheet is empty"):
        read(path)
