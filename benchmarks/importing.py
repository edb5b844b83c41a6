"""The import of a CSV file, against COPY of the rows that it wrote into the same tables and indexes."""

import asyncio
import csv
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from benchmarks import leads, stage
from benchmarks.report import Row

TABLES = ("leads", "dedupe_claims", "delivery_jobs", "cap_counters")


class ImportBench:
    """One import into an empty exchange, by the command that an operator would use."""

    def __init__(self, *, rows: int) -> None:
        """Import so many rows."""
        self._rows = rows

    def run(self) -> Iterator[Row]:
        """Measure; gives one row."""
        with stage.fresh_database() as dsn, tempfile.TemporaryDirectory(prefix="leadyard-bench-") as folder:
            Path(folder).chmod(0o711)
            asyncio.run(stage.prepare(dsn, 1))
            path = Path(folder) / "leads.csv"
            _write_file(path, self._rows)
            importing, memory = _import(dsn, path)
            copying = asyncio.run(_copy(dsn, self._rows))
        detail = (
            f"{self._rows:,} rows in {importing:.1f} s ({self._rows / importing:,.0f}/s, {memory:.0f} MB at most) "
            f"against COPY in {copying:.1f} s ({self._rows / copying:,.0f}/s)"
        )
        yield Row(
            "CSV import with the same checks",
            "COPY of the finished rows",
            copying / importing,
            ">=",
            0.1,
            0.25,
            detail,
        )


def _write_file(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(leads.lead(0)))
        writer.writeheader()
        writer.writerows(leads.lead(number) for number in range(rows))


def _import(dsn: str, path: Path) -> tuple[float, float]:
    """Run the command; gives its seconds, start included, and the most memory that it held, in MB."""
    command = stage.python(
        "leadyard", "import", "leads", str(path), "--account", "bench", "--campaign", "BENCH"
    )
    started = time.perf_counter()
    environment = {**os.environ, "LEADYARD_DATABASE_URL": dsn}
    process = subprocess.Popen(command, env=environment)
    most = 0.0
    while process.poll() is None:
        most = max(most, _memory(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError("the import did not take every row")
    return time.perf_counter() - started, most


def _memory(process_id: int) -> float:
    """Read the most memory that a process has held so far, in MB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


async def _copy(dsn: str, rows: int) -> float:
    """Empty the tables, and time how long the same rows take by COPY alone, durably."""
    connection = await asyncpg.connect(dsn)
    try:
        with tempfile.TemporaryDirectory(prefix="leadyard-bench-") as folder:
            for table in TABLES:
                await connection.copy_from_table(table, output=Path(folder, table), format="binary")
            await connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            started = time.perf_counter()
            async with connection.transaction():
                for table in TABLES:
                    await connection.copy_to_table(table, source=Path(folder, table), format="binary")
            seconds = time.perf_counter() - started
        if await connection.fetchval("SELECT count(*) FROM leads") != rows:
            raise RuntimeError("the copied rows are not those imported")
    finally:
        await connection.close()
    return seconds
