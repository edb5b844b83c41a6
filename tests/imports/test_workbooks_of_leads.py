"""Leads from a workbook go the way of those from a CSV file."""

from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from tests.exchange import Exchange
from tests.imports.test_importing import run


def workbook(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


async def test_a_workbook_gets_in_and_says_which_rows_did_not(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign()
    path = workbook(
        tmp_path / "leads.xlsx",
        ["Email", "Phone 1", "First Name", "lastname"],
        ["a@example.com", 447700900001, "Jo", "Bloggs"],
        ["nobody", "07700900002", "Jo", "Bloggs"],
        [],
        ["c@example.com", "=1+1", "Jo", "Bloggs"],
    )
    summary, refused = await run(exchange, path)
    assert (summary.rows, summary.accepted, summary.unreadable, dict(summary.refused)) == (3, 1, 1, {"-5": 1})
    assert sorted(one.number for one in refused) == [3, 5]
    assert next(one.cells for one in refused if one.number == 3) == ["nobody", "07700900002", "Jo", "Bloggs"]
    (lead,) = await exchange.rows("leads", "code = 1")
    assert lead["phone1_key"] == "447700900001"


async def test_two_sheets_of_one_workbook_are_two_imports(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.xlsx"
    book = openpyxl.Workbook()
    for number in (1, 2):
        sheet = book.create_sheet(f"Week {number}")
        sheet.append(["email", "phone1"])
        sheet.append([f"p{number}@example.com", f"0770090000{number}"])
    book.save(path)
    for number in (1, 2):
        summary, refused = await run(exchange, path, sheet=f"week {number}")
        assert (summary.accepted, refused) == (1, [])
    summary, _ = await run(exchange, path, sheet="Week 2")
    assert summary.accepted == 0
