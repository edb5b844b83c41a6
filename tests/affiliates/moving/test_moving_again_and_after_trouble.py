"""Moves that are cut short, held up, repeated, or made while the account goes on living."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from tests.affiliates.moving.conftest import Here
from tests.affiliates.moving.there import Gate, everything
from tests.dialects.leaddyno.world import PRIVATE_KEY, World
from tests.vault import SECRET_KEY, VAULT

from leadyard.affiliates.moving.source import Source
from leadyard.affiliates.moving.wire import Resource
from leadyard.settings import Settings
from leadyard.storage.database import Database

LIMITED = (429, b"0", b'{"error":"Too many requests","message":"API rate limit exceeded"}')
BROKEN = (502, b"0", b"<html>Bad gateway</html>")


async def start(here: Here, url: str) -> asyncio.subprocess.Process:
    """The command, as people start it."""
    environment = {
        **os.environ,
        "LEADYARD_DATABASE_URL": here.database.dsn,
        "LEADYARD_SECRET_KEY": SECRET_KEY,
        "LEADYARD_LEADDYNO_KEY": PRIVATE_KEY,
        "COLUMNS": "120",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "leadyard", "migrate-from", "leaddyno", "--url", url, "--account", "acme",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("requests", [2, 9, 16, 24, 30])
async def test_a_move_that_was_killed_goes_on_where_it_stopped(
    there: World, here: Here, gate: Gate, url: str, requests: int
) -> None:
    gate.hold_from = requests
    process = await start(here, url)
    await asyncio.wait_for(gate.held.wait(), 60)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert await here.exchange.differences() == []
    gate.hold_from = None
    process = await start(here, url)
    out, problems = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, problems.decode().strip()) == (0, ""), out.decode()
    assert "There and here agree." in out.decode()
    assert await everything(here) == await everything(there)
    assert await here.exchange.differences() == []


async def test_a_move_goes_on_from_the_page_at_which_it_was_killed(here: Here, gate: Gate, url: str) -> None:
    gate.hold_from = 4
    move = asyncio.create_task(here.move(url))
    await asyncio.wait_for(gate.held.wait(), 30)
    move.cancel()
    await asyncio.wait([move])
    gate.hold_from = None
    before = len(gate.paths)
    await here.move(url)
    assert gate.paths[before : before + 3] == ["/v1/affiliates/count"] * 2 + ["/v1/affiliates"]
    async with here.database.connection() as connection:
        pages = await connection.fetch(
            "SELECT resource, next_page FROM moves WHERE account_id = $1 AND done_at IS NOT NULL",
            here.exchange.account_id,
        )
    assert {row["next_page"] for row in pages} == {1}
    assert len(pages) == 6


async def test_refusals_in_between_only_take_time(there: World, here: Here, gate: Gate, url: str) -> None:
    gate.refusals = {number: LIMITED if number % 2 else BROKEN for number in range(0, 120, 3)}
    await here.move(url)
    assert await everything(here) == await everything(there)
    assert await here.exchange.differences() == []


async def test_connections_that_break_off_are_made_again() -> None:
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.readuntil(b"\r\n\r\n")
        if calls == 2:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{")
        elif calls > 3:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"count": 42}')
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession() as session:
        source = Source(session, f"http://127.0.0.1:{port}/v1/", PRIVATE_KEY, pause_seconds=0.01)
        assert await source.count(Resource.LEADS) == 42
    assert calls >= 4


async def test_a_parent_that_came_while_it_was_read_is_found(
    there: World, here: Here, gate: Gate, url: str
) -> None:
    gate.hold_from = 12
    move = asyncio.create_task(here.move(url))
    await asyncio.wait_for(gate.held.wait(), 30)
    await there.post("/affiliates", email="late-parent@partners.example")
    await there.post(
        "/affiliates", email="late@partners.example", affiliate_code="late",
        referring_affiliate="late-parent@partners.example",
    )  # fmt: skip
    await there.post("/purchases", email="late@example.com", purchase_code="LATE", code="late")
    gate.hold_from = None
    gate.release()
    await asyncio.wait_for(move, 60)
    late = await here.get("/affiliates/by_email", email="late@partners.example")
    assert late["referring_affiliate"] == "late-parent@partners.example"
    assert await here.exchange.differences() == []


async def test_a_second_run_changes_nothing(here: Here, url: str) -> None:
    await here.move(url)
    before = await everything(here)
    touches, entries = await here.exchange.rows("touches"), await here.exchange.rows("ledger_entries")
    assert await here.move(url) == []
    assert await everything(here) == before
    assert await here.exchange.rows("touches") == touches
    assert await here.exchange.rows("ledger_entries") == entries
    assert await here.exchange.differences() == []


async def test_a_later_run_brings_what_is_new_and_what_has_changed(
    there: World, here: Here, url: str
) -> None:
    await here.move(url)
    await asyncio.sleep(1.1)
    await there.post("/affiliates", email="ivy@partners.example", affiliate_code="ivy", referring_affiliate="bob@partners.example")  # fmt: skip
    await there.post("/leads", email="una@example.com", tracking_code="old-link-3")
    await there.post(
        "/purchases", email="una@example.com", purchase_code="U-1", purchase_amount="30", code="ivy"
    )
    await there.post("/purchases", email="lee@example.com", purchase_code="L-2", purchase_amount="30")
    await there.delete("/purchases", purchase_code="C-2", cancellation_code="LATE")
    await there.delete("/purchases", purchase_code="A-1")
    await there.post(
        "/commissions/mark_as_paid", 200, affiliate_email="bob@partners.example", purchase_code="L-2"
    )
    await there.post(
        "/commissions/mark_as_paid", 200, affiliate_email="top@partners.example", purchase_code="A-2"
    )
    assert await here.differing(url) != []
    assert await here.move(url) == []
    assert await here.differing(url) == []
    theirs, ours = await everything(there), await everything(here)
    assert theirs["leads"] == [
        {**row, "updated_at": there_["updated_at"]}
        for row, there_ in zip(ours["leads"], theirs["leads"], strict=True)
    ]
    for name in ("affiliates", "purchases", "commissions", "USD", "EUR"):
        assert ours[name] == theirs[name], name
    assert await here.exchange.differences() == []


async def test_rows_that_arrive_while_it_is_read_are_not_lost(
    there: World, here: Here, gate: Gate, url: str
) -> None:
    gate.hold_from = 14
    move = asyncio.create_task(here.move(url))
    await asyncio.wait_for(gate.held.wait(), 30)
    await there.post("/affiliates", email="mid@partners.example", affiliate_code="mid")
    for number in range(4):
        await there.post("/leads", email=f"mid-{number}@example.com", code="mid")
        await there.post(
            "/purchases", email=f"mid-{number}@example.com", purchase_code=f"M-{number}", purchase_amount="9"
        )
    move.cancel()
    await asyncio.wait([move])
    gate.hold_from = None
    await here.move(url)
    assert await here.differing(url) == []
    found = await here.get("/purchases", per_page=200)
    assert {f"M-{number}" for number in range(4)} <= {row["purchase_code"] for row in found}
    assert await here.exchange.differences() == []


async def test_two_moves_at_once_make_everything_once(there: World, here: Here, url: str) -> None:
    await asyncio.gather(here.move(url), here.move(url))
    assert await everything(here) == await everything(there)
    assert await here.exchange.differences() == []


async def test_an_account_whose_lists_begin_with_the_oldest_moves_too(
    there: World, here: Here, url: str
) -> None:
    await there.settings(list_order="oldest_first")
    await here.settings(list_order="oldest_first")
    await here.move(url)
    assert await everything(here) == await everything(there)
    assert await here.exchange.differences() == []


async def test_ids_that_a_running_process_holds_are_not_taken(
    there: World, here: Here, dsn: str, tmp_path: Path, url: str
) -> None:
    await here.post("/leads", email="own-0@example.com")
    other = Database(dsn, size=4, vault=VAULT)
    await other.open()
    mover = Here(other, Settings(data_dir=tmp_path))
    mover.exchange = here.exchange
    await mover.move(url)
    assert await mover.differing(url) == []
    for number in range(1, 20):
        await here.post("/leads", email=f"own-{number}@example.com")
    await mover.close()
    await other.close()
    assert await here.get("/leads/count") == {"count": 20 + (await there.get("/leads/count"))["count"]}
    assert await here.exchange.differences() == []
