"""No value of a lead runs in a spreadsheet, and what is exported can be imported again."""

import io
import json
from pathlib import Path

import httpx
import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.desk import Desk
from tests.exports.served import csv_of
from tests.imports.test_importing import run

from leadyard.campaigns import service as setup

EVIL = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "'=1", '=1,2"x"', "\uff1d1+1", "'tis", "-12.50", "O'Neil",
    "+447700900123",
]  # fmt: skip
SAFE = ["'=cmd|' /C calc'!A0", "'+1+1", "'-2+3", "'@SUM(1)", "''=1", "'=1,2\"x\"", "'\uff1d1+1", "'tis", "-12.50",
        "O'Neil", "'+447700900123"]  # fmt: skip


@pytest.fixture
async def evil(desk: Desk) -> Desk:
    """A desk with a lead for each value that is dangerous, or only looks so."""
    for reference in ("CARS", "COPY"):
        campaign = await desk.campaign(reference)
        field = {"name": "data1", "label": "Remark", "data_type": "Text"}
        await setup.create_field(desk.database, desk.actor, campaign.id, field)
    await desk.configuration.reload(desk.account_id)
    for number, text in enumerate(EVIL):
        await desk.submitted(number, values={"data1": text})
    assert sorted(row["fields"]["data1"] for row in await desk.rows("leads")) == sorted(EVIL)
    return desk


async def test_csv_is_defused(own: httpx.AsyncClient, evil: Desk) -> None:
    assert [row["data1"] for row in await csv_of(own)] == SAFE


async def test_a_program_may_ask_for_raw_values(own: httpx.AsyncClient, evil: Desk) -> None:
    assert [row["data1"] for row in await csv_of(own, formulas="raw")] == EVIL


async def test_lines_of_json_are_raw(own: httpx.AsyncClient, evil: Desk) -> None:
    answer = await own.get("/exports/leads", params={"format": "jsonl", "columns": "data1"})
    assert [json.loads(line)["data1"] for line in answer.text.splitlines()] == EVIL


async def test_a_workbook_has_texts_marked_as_such(own: httpx.AsyncClient, evil: Desk) -> None:
    answer = await own.get("/exports/leads", params={"format": "xlsx", "columns": "data1"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [row[0] for row in sheet.rows][1:]
    assert [cell.value for cell in cells] == EVIL
    assert {cell.data_type for cell in cells} == {"s"}
    marked = [text for text, safe in zip(EVIL, SAFE, strict=True) if text != safe]
    assert [cell.value for cell in cells if cell.quotePrefix] == marked


async def test_an_import_gives_every_value_back(own: httpx.AsyncClient, evil: Desk, tmp_path: Path) -> None:
    answer = await own.get("/exports/leads", params={"campaign_id": 1})
    path = tmp_path / "leads.csv"
    path.write_bytes(answer.content)
    summary, _ = await run(evil, path, campaign="COPY", sid="")
    assert (summary.accepted, summary.unreadable) == (len(EVIL), 0)
    rows = await evil.rows("leads")
    first, second = (
        [(row["supplier_id"], row["fields"]) for row in rows if row["campaign_id"] == n] for n in (1, 2)
    )
    assert second == first


async def test_names_of_buyers_and_suppliers_are_defused_too(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer("=BUYER()"))
    await desk.sold(1)
    assert (await csv_of(own))[0]["buyers"] == "'=BUYER()"
    assert (await csv_of(own, "/exports/attempts"))[0]["buyer"] == "'=BUYER()"
