"""Thousands of rows with every kind of bad one: each is told of once, the good ones get in once, memory is flat."""

import csv
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.exchange import Exchange

COLUMNS = ["email", "phone1", "firstname", "lastname", "sid"]
FEW, MANY = 1_500, 6_000
LONG = 60_000
"""Characters of a name that is far too long: all such names of the large file together are tens of megabytes."""

Told = tuple[str, str]


def good(number: int) -> list[str]:
    return [f"person.{number}@example.com", f"07{700_000_000 + number}", "Jo", "Bloggs", "1"]


def but(column: str, text: str) -> Callable[[int], list[str]]:
    """Make rows that are good but for one cell."""
    place = COLUMNS.index(column)
    return lambda number: [*good(number)[:place], text, *good(number)[place + 1 :]]


KINDS: Mapping[str, tuple[Callable[[int], list[str]], Told | None]] = {
    "good": (good, None),
    "no e-mail": (but("email", ""), None),
    "a null": (but("firstname", "J\x00o"), None),
    "not an e-mail": (but("email", "nobody"), ("-5", "Email is not a valid email address")),
    "not a phone": (but("phone1", "call me"), ("-5", "Phone 1 is not a valid UK mobile number")),
    "nobody's": (but("sid", "999"), ("-7", "Supplier is not authorised to post to this Campaign.")),
    "too few": (lambda number: good(number)[:2], ("", "The row has 2 columns, the header 5")),
    "too many": (lambda number: [*good(number), "x"], ("", "The row has 6 columns, the header 5")),
    "far too long": (but("lastname", "x" * LONG), ("-5", "Last Name is not a valid name")),
    "a formula": (but("lastname", "=HYPERLINK(1)"), ("-5", "Last Name is not a valid name")),
    "the same": (lambda _: good(10**6), ("-2", "Duplicate or resubmission")),
}
"""How rows are made, and what the error file says of them (None: they get in)."""


def write(path: Path, rows: int, first: int) -> list[str]:
    """Write a file with every kind of row, of people from a number on; gives the kind of each."""
    chance = random.Random(5)  # noqa: S311 - the same file every time
    kinds = [chance.choice([*KINDS]) if chance.random() < 0.5 else "good" for _ in range(rows)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(KINDS[kind][0](number) for number, kind in enumerate(kinds, first))
    return kinds


def imported(dsn: str, path: Path, refused: Path) -> tuple[int, str, float]:
    """Run the command; gives its exit code, what it printed, and the most memory that it held, in MB."""
    options = ("--account", "agency", "--campaign", "CARS", "--refused", str(refused))
    command = [sys.executable, "-m", "leadyard", "import", "leads", str(path), *options]
    environment = {**os.environ, "LEADYARD_DATABASE_URL": dsn}
    most = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as running:
        while running.poll() is None:
            most = max(most, held(running.pid))
            time.sleep(0.05)
        assert running.stdout is not None
        return running.returncode, running.stdout.read(), most / 1024


def held(process_id: int) -> int:
    """Read the most memory that a process has held so far, in KiB; 0 when it has just ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    return int(found[1]) if found else 0


def told(refused: Path) -> Mapping[int, Told]:
    """Read the error file: what it says of each line, of which it may say one thing only."""
    csv.field_size_limit(2 * LONG)
    with refused.open(newline="") as file:
        rows = [(int(row["line"]), (row["code"], row["reasons"])) for row in csv.DictReader(file)]
    assert len(rows) == len(dict(rows))
    return dict(rows)


def told_of(kinds: Sequence[str]) -> dict[int, Told]:
    """Tell by line what the error file has to say."""
    return {line: what for line, kind in enumerate(kinds, 2) if (what := KINDS[kind][1]) is not None}


async def test_every_row_gets_in_or_is_told_of_and_a_second_run_takes_none_again(
    exchange: Exchange, dsn: str, tmp_path: Path
) -> None:
    await exchange.campaign()
    path, refused = tmp_path / "leads.csv", tmp_path / "refused.csv"

    kinds = write(path, FEW, MANY)
    _, _, usual = imported(dsn, path, refused)
    (one_of_the_same,) = told_of(kinds).keys() - told(refused).keys()
    assert kinds[one_of_the_same - 2] == "the same"
    before = len(await exchange.rows("leads", "code = 1"))
    assert before == FEW - len(told(refused))

    kinds = write(path, MANY, 0)
    code, said, most = imported(dsn, path, refused)
    found = told(refused)
    assert found == told_of(kinds)
    taken, unreadable = MANY - len(found), Counter(each for each, _ in found.values())[""]
    assert code == 1
    assert said.startswith(f"{MANY} rows: {taken} accepted, {len(found) - unreadable} refused\n")
    assert most < usual + 12

    _, again, _ = imported(dsn, path, refused)
    assert again.startswith(f"{MANY} rows: 0 accepted, ")
    assert len(await exchange.rows("leads", "code = 1")) == before + taken
    assert len(await exchange.rows("delivery_jobs")) == before + taken
    assert await exchange.differences() == []
