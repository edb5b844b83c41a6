"""An import whose worker dies, stops or is cancelled goes on or ends where it was, and takes each row once."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.desk import Desk
from tests.imports.jobs.conftest import runner_of

from leadyard.imports.jobs import store
from leadyard.imports.jobs.runner import ImportRunner
from leadyard.imports.leads import LeadTaker
from leadyard.imports.sold_leads import FeedbackTaker
from leadyard.kit import clock

CSV = {"content-type": "text/csv"}


class _KilledError(BaseException):
    """Stands for the end of the process: nothing after it is done."""


async def leads(desk: Desk, own: httpx.AsyncClient, count: int) -> None:
    await desk.campaign()
    rows = [f"p{n}@example.com,07{700_000_000 + n}\n" for n in range(count - 1)]
    content = "email,phone1\n" + "".join(rows) + "nobody,\n"
    made = await own.post("/imports", params={"campaign": "CARS", "sid": "1"}, content=content, headers=CSV)
    assert made.status_code == 201


async def forget_the_worker(desk: Desk) -> None:
    """Let the minute pass for which a dead worker's import is held."""
    async with desk.database.connection() as connection:
        await connection.execute("UPDATE imports SET due_at = $1 WHERE state = 1", clock.now())


def die_in(monkeypatch: pytest.MonkeyPatch, call: int, *, after: bool) -> None:
    """Kill the worker in its so manieth writing down of progress, before it or after it."""
    advance, calls = store.advance, 0

    async def dying(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise _KilledError
        found = await advance(*arguments)
        if calls == call:
            raise _KilledError
        return found

    monkeypatch.setattr(store, "advance", dying)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", [1, 3, 10])
async def test_the_next_worker_goes_on_and_every_row_is_there_once(
    desk: Desk, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, call: int, after: bool
) -> None:
    monkeypatch.setattr(LeadTaker, "chunk", 10)
    await leads(desk, own, 100)
    with monkeypatch.context() as patch:
        die_in(patch, call, after=after)
        with pytest.raises(_KilledError):
            await runner_of(desk).run_one(desk.account_id)
    assert not await runner_of(desk).run_one(desk.account_id)
    await forget_the_worker(desk)
    assert await runner_of(desk).run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["state"], done["rows"], done["accepted"], done["skipped"]) == ("done", 100, 99, 0)
    assert done["refused"] == {"-5": 1}
    assert (await own.get("/imports/1/errors")).text.count("\n") == 2
    assert len(await desk.rows("leads")) == 100
    assert await desk.differences() == []


async def test_feedback_goes_on_too(
    desk: Desk, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedbackTaker, "chunk", 2)
    await desk.campaign()
    ids = await desk.submitted(*range(1, 9))
    content = "lead_id,feedback,overwrite\n" + "".join(f"{lead_id},Called,no\n" for lead_id in ids)
    await own.post("/imports", params={"kind": "feedback"}, content=content, headers=CSV)
    with monkeypatch.context() as patch:
        die_in(patch, 3, after=False)
        with pytest.raises(_KilledError):
            await runner_of(desk).run_one(desk.account_id)
    await forget_the_worker(desk)
    await runner_of(desk).run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["accepted"], done["skipped"], done["refused"]) == (8, 0, {})


async def test_a_worker_that_lost_its_import_does_not_write_any_more(
    desk: Desk, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeadTaker, "chunk", 10)
    await leads(desk, own, 50)
    advance, calls = store.advance, 0

    async def overtaken(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            monkeypatch.setattr(store, "advance", advance)
            await forget_the_worker(desk)
            assert await runner_of(desk).run_one(desk.account_id)
        return await advance(*arguments)

    monkeypatch.setattr(store, "advance", overtaken)
    assert await runner_of(desk).run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["state"], done["rows"], done["accepted"], done["skipped"]) == ("done", 50, 49, 0)
    assert len(await desk.rows("leads")) == 50


async def test_a_worker_that_stops_leaves_the_import_to_the_next(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await leads(desk, own, 20)
    stop = asyncio.Event()
    stop.set()
    assert await runner.run_one(desk.account_id, stop)
    assert (await own.get("/imports/1")).json()["state"] == "active"
    assert await runner.run_one(desk.account_id)
    assert (await own.get("/imports/1")).json()["accepted"] == 19


async def test_a_cancelled_import_ends_after_the_rows_under_way(
    desk: Desk, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeadTaker, "chunk", 10)
    await leads(desk, own, 100)
    advance, calls = store.advance, 0

    async def cancelled(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            assert (await own.post("/imports/1/cancel")).json()["state"] == "cancelled"
        return await advance(*arguments)

    monkeypatch.setattr(store, "advance", cancelled)
    await runner_of(desk).run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["state"], done["rows"]) == ("cancelled", 30)
    assert 30 <= len(await desk.rows("leads")) <= 40
    assert not await runner_of(desk).run_one(desk.account_id)


async def test_an_import_that_fails_for_now_is_tried_again(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leads(desk, own, 20)
    with monkeypatch.context() as patch:
        patch.setattr(store, "chunk", lambda *_: 1 / 0)
        assert await runner.run_one(desk.account_id)
    waiting = (await own.get("/imports/1")).json()
    assert (waiting["state"], waiting["problem"]) == ("active", "ZeroDivisionError")
    await forget_the_worker(desk)
    assert await runner.run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["state"], done["problem"], done["accepted"]) == ("done", None, 19)


async def test_a_running_worker_finds_what_is_due(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await leads(desk, own, 20)
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    async with asyncio.timeout(30):
        while (await own.get("/imports/1")).json()["state"] != "done":  # noqa: ASYNC110 - the worker tells nobody
            await asyncio.sleep(0.05)
    stop.set()
    await running
    assert len(await desk.rows("leads")) == 20
