"""`leadyard replay` as people start it: tables, JSON, and exit codes that mean something."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.replay.market import Day, answering, new_day
from tests.vault import SECRET_KEY

from leadyard.storage.database import Database

WINDOW = "--from", "2020-01-01", "--to", "2100-01-01"


@pytest.fixture
async def day(database: Database, dsn: str, tmp_path: Path) -> Day:
    made = await new_day(database, dsn, tmp_path)
    campaign = await made.desk.campaign()
    async with answering(lambda _: "yes") as url:
        await made.desk.delivery(campaign.id, await made.desk.buyer("Car Hunters"), url)
        await made.desk.sold(*range(4))
    return made


async def leadyard(day: Day, *arguments: str) -> "subprocess.CompletedProcess[str]":
    def run() -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "LEADYARD_DATABASE_URL": day.desk.dsn,
            "LEADYARD_SECRET_KEY": SECRET_KEY,
            "COLUMNS": "160",
        }
        return subprocess.run(
            [sys.executable, "-m", "leadyard", "replay", *arguments],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return await asyncio.to_thread(run)


def written(day: Day, text: str) -> str:
    path = day.desk.settings.data_dir / "draft.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


async def test_a_draft_shows_the_change_by_buyer_and_in_total(day: Day) -> None:
    draft = written(day, '{"deliveries": {"1": {"settings": {"revenue": "20"}}}}')
    ended = await leadyard(day, "--account", "agency", *WINDOW, "--config", draft)
    assert (ended.returncode, ended.stderr.strip()) == (0, "")
    assert "Car Hunters (1)" in ended.stdout
    assert "50 → 80" in ended.stdout
    assert "36 → 66" in ended.stdout
    assert "4 leads, 0 of them on another way than the real one." in ended.stdout


async def test_machines_get_exact_amounts(day: Day) -> None:
    ended = await leadyard(day, "--account", "agency", *WINDOW, "--set-up", "current", "--json")
    assert ended.returncode == 0
    told = json.loads(ended.stdout)
    figures = {"sales": 4, "revenue": "50", "payout": "14", "profit": "36"}
    assert told["totals"] == [
        {
            "currency": "GBP",
            "before": figures,
            "after": {**figures, "assumed_sales": 0, "assumed_revenue": "0"},
            "change_in_profit": "0",
        }
    ]
    assert [one["buyer"]["company"] for one in told["buyers"]] == ["Car Hunters"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ('{"deliveries": {"9": {}}}', "deliveries.9: there is no such delivery"),
        ('{"buyers": {"1": {"settings": {"caps": {"day": -1}}}}}', "buyers.1.settings.caps.day"),
    ],
)
async def test_a_bad_draft_ends_with_1_and_its_place(day: Day, text: str, sentence: str) -> None:
    ended = await leadyard(day, "--account", "agency", *WINDOW, "--config", written(day, text))
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert ended.stdout == ""


async def test_an_unknown_account_ends_with_1(day: Day) -> None:
    ended = await leadyard(day, "--account", "nobody", *WINDOW, "--set-up", "current")
    assert (ended.returncode, ended.stderr) == (1, "leadyard: There is no account nobody.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--account", "agency", *WINDOW),
        ("--account", "agency", "--from", "2026-11-08", "--to", "2026-11-08", "--set-up", "current"),
        ("--account", "agency", "--from", "yesterday", "--to", "2026-11-08", "--set-up", "current"),
    ],
)
async def test_a_wrong_command_line_ends_with_2(day: Day, arguments: tuple[str, ...]) -> None:
    assert (await leadyard(day, *arguments)).returncode == 2
