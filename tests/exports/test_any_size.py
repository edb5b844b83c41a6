"""Files of any size: flat memory, readers that are slow or hang up, failures in the middle."""

import asyncio
import contextlib
import io
import tempfile
import threading
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.desk import Desk
from tests.exports.served import csv_of, serving
from tests.vault import VAULT

from leadyard.exports.model import Form, Format
from leadyard.exports.service import Exports
from leadyard.exports.workbook import WorkbookWriter
from leadyard.leads.reading import LeadFilter
from leadyard.storage.database import Connection, Database

MANY = 100_000
"""More than fits into the buffers between a server and a reader that does not read."""

PAGES = MANY // 1000
_COPY = """
INSERT INTO leads (account_id, id, uuid, campaign_id, supplier_id, channel, is_test, system_status, sale_status, standing,
                   code, fields, currency, payout, revenue, received_at)
SELECT account_id, id + n * $3, gen_random_uuid(), campaign_id, supplier_id, channel, is_test, system_status, sale_status,
       standing, code, fields || jsonb_build_object('email', 'copy.' || n || '@example.com'), currency, payout, revenue,
       received_at
FROM leads, generate_series(1, $2::bigint) n WHERE account_id = $1
"""


class CountingDatabase(Database):
    """Counts how often a connection is lent: for exports, once a page."""

    lent = 0

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        self.lent += 1
        async with super().connection() as connection:
            yield connection

    async def settled(self) -> int:
        """Wait until nobody asks for connections any more, and give how many were lent."""
        before = -1
        while before != self.lent:
            before = self.lent
            await asyncio.sleep(0.5)
        return before

    async def busy(self) -> int:
        """How many other connections are in a transaction or run a statement."""
        query = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
        """
        async with super().connection() as connection:
            return int(await connection.fetchval(query))


@pytest.fixture
async def counting(dsn: str) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(dsn, size=3, vault=VAULT)
    await database.open()
    yield database
    await database.close()


async def copies(desk: Desk, count: int, step: int = 1) -> None:
    """A lead, and copies of it, so many in all, each with an address of its own; ids are so far apart."""
    await desk.campaign()
    await desk.submitted(1)
    async with desk.database.connection() as connection:
        await connection.execute(_COPY, desk.account_id, count - 1, step)


async def test_memory_does_not_grow_with_the_rows(desk: Desk) -> None:
    rows = 50_000
    await copies(desk, rows)
    export = await Exports(desk.database, desk.configuration).leads(
        desk.principal, LeadFilter(), None, Form()
    )
    lines = early = 0
    tracemalloc.start()
    try:
        async for chunk in export.chunks:
            lines += chunk.count(b"\n")
            if lines < rows / 10:
                early, _ = tracemalloc.get_traced_memory()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == rows + 1
    assert most - early < 8_000_000


async def test_a_workbook_of_any_size_is_on_disk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await copies(desk, 12_000)
    exports, form = Exports(desk.database, desk.configuration), Form(Format.XLSX, sheet_rows=8_001)
    tracemalloc.start()
    try:
        export = await exports.leads(desk.principal, LeadFilter(), "id,email,received_at", form)
        content = b"".join([chunk async for chunk in export.chunks])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12_000_000
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    assert book.sheetnames == ["Leads", "Leads 2"]
    rows = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    assert [len(sheet) for sheet in rows] == [8_001, 4_001]
    assert {sheet[0] for sheet in rows} == {("id", "email", "received_at")}
    assert len({row[1] for sheet in rows for row in sheet[1:]}) == 12_000
    await until_empty(tmp_path)


async def test_a_slow_reader_fills_no_memory_and_holds_no_connection(
    desk: Desk, counting: CountingDatabase
) -> None:
    await copies(desk, MANY)
    async with serving(desk, database=counting) as client, client.stream("GET", "/exports/leads") as answer:
        chunks = answer.aiter_raw()
        lines = (await anext(chunks)).count(b"\n")
        assert await counting.settled() < PAGES * 0.75
        assert await counting.busy() == 0
        async for chunk in chunks:
            lines += chunk.count(b"\n")
    assert lines == MANY + 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_nothing_goes_on_for_a_client_that_hangs_up(
    desk: Desk, counting: CountingDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await copies(desk, MANY)
    async with serving(desk, database=counting) as client:
        async with client.stream("GET", "/exports/leads", params={"format": form}) as answer:
            assert answer.status_code == 200
        assert await counting.settled() < PAGES
        assert await counting.busy() == 0
        await until_empty(tmp_path)


async def test_a_client_that_hangs_up_while_the_workbook_is_being_begun_leaves_no_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_beginning, may_go_on = threading.Event(), threading.Event()
    first_sheet = WorkbookWriter._begin_sheet

    def begin_slowly(writer: WorkbookWriter) -> None:
        is_beginning.set()
        may_go_on.wait()
        first_sheet(writer)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(WorkbookWriter, "_begin_sheet", begin_slowly)
    await desk.campaign()
    await desk.submitted(1)
    exports = Exports(desk.database, desk.configuration)
    export = await exports.leads(desk.principal, LeadFilter(), "id", Form(Format.XLSX))
    asking = asyncio.ensure_future(anext(export.chunks))
    await asyncio.to_thread(is_beginning.wait)
    asking.cancel()
    await asyncio.wait([asking])
    may_go_on.set()
    await until_empty(tmp_path)


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
async def test_a_file_that_breaks_off_is_no_whole_one(desk: Desk, form: str) -> None:
    await copies(desk, MANY)

    async def read_while_it_breaks(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/exports/leads", params={"format": form}) as answer:
            assert answer.status_code == 200
            async with desk.database.connection() as connection:
                await connection.execute("ALTER TABLE leads RENAME TO gone")
            async for _ in answer.aiter_raw():
                pass

    async with serving(desk) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await read_while_it_breaks(client)
        refused = await client.get("/exports/leads", params={"format": form})
        assert refused.status_code == 500
        assert refused.headers["content-type"] == "application/problem+json"


async def test_what_comes_in_later_is_left_out(desk: Desk) -> None:
    await desk.campaign()
    await desk.submitted(*range(50))
    exports = Exports(desk.database, desk.configuration, page=10)
    export = await exports.leads(desk.principal, LeadFilter(), "id", Form())
    chunks = [await anext(export.chunks)]
    await desk.submitted(51, 52)
    chunks += [chunk async for chunk in export.chunks]
    ids = b"".join(chunks).decode().split()[1:]
    assert len(ids) == len(set(ids)) == 50


async def test_ids_far_apart_are_found_without_asking_for_each(
    desk: Desk, counting: CountingDatabase
) -> None:
    await copies(desk, 40, step=1_000_000)
    exports = Exports(counting, desk.configuration, page=10)
    export = await exports.leads(desk.principal, LeadFilter(), "id", Form())
    assert len(b"".join([chunk async for chunk in export.chunks]).split()) == 41
    assert counting.lent < 100


async def test_few_leads_among_many_are_found_in_few_pages(desk: Desk, counting: CountingDatabase) -> None:
    await copies(desk, 20_000)
    async with desk.database.connection() as connection:
        await connection.execute(
            "UPDATE leads SET sale_status = 5 WHERE account_id = $1 AND id % 5000 = 0", desk.account_id
        )
    async with serving(desk, page=50, database=counting) as client:
        assert len(await csv_of(client, sale_status="Assigned")) == 4
    assert counting.lent < 40


async def until_empty(folder: Path) -> None:
    async with asyncio.timeout(90):
        while list(folder.glob("leadyard-export-*")):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.05)
