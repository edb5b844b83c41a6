"""`leadyard export`: what an operator sees."""

import csv
import io
import json
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.desk import Desk
from tests.test_cli import leadyard


def start(dsn: str, kind: str, *options: str, account: str = "agency") -> tuple[int, str, str]:
    ended = leadyard("export", kind, "--account", account, *options, LEADYARD_DATABASE_URL=dsn)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
async def market(desk: Desk) -> Desk:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer("First"))
    await desk.sold(1, 2, 3)
    return desk


async def test_leads_go_to_standard_output(market: Desk, dsn: str) -> None:
    code, out, err = start(dsn, "leads", "--columns", "email,revenue", "--sale-status", "Sold")
    assert (code, err) == (0, "3 rows\n")
    assert out.split() == ["email,revenue", *(f"person.{number}@example.com,12.5" for number in (1, 2, 3))]


async def test_a_file_is_there_once_it_is_whole(market: Desk, dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    assert start(dsn, "leads", "--format", "xlsx", "-o", str(path))[0] == 0
    assert len(list(openpyxl.load_workbook(path).active.rows)) == 4
    before = path.read_bytes()
    assert start(dsn, "leads", "--columns", "colour", "--output", str(path))[0] == 1
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("leads*")] == ["leads.xlsx"]


async def test_everything_else_is_exported_too(market: Desk, dsn: str) -> None:
    code, out, _ = start(dsn, "ledger", "--format", "jsonl", "--book", "buyer")
    assert (code, [json.loads(line)["amount"] for line in out.splitlines()]) == (0, ["12.5"] * 3)
    code, out, _ = start(dsn, "report-campaigns", "--preset", "today", "--columns", "leads,revenue")
    assert (code, list(csv.reader(io.StringIO(out)))) == (0, [["leads", "revenue"], ["3", "37.5"]])
    for kind, rows in (("attempts", 3), ("returns", 0), ("feedback", 0)):
        assert start(dsn, kind)[2] == f"{rows} rows\n"


async def test_what_cannot_be_exported_ends_with_a_sentence(market: Desk, dsn: str) -> None:
    assert start(dsn, "leads", account="nobody")[1:] == ("", "leadyard: There is no account nobody\n")
    code, out, err = start(dsn, "leads", "--status", "x", "--received-from", "y")
    assert (code, out) == (1, "")
    assert "status: " in err
    assert "received_from: " in err
    assert start(dsn, "secrets")[0] == 2
