"""A file is handed in over the API, imported by a worker, and what was refused comes back."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.desk import Desk, new_desk

from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import KeySettings, Permission
from leadyard.imports.api import XLSX
from leadyard.imports.jobs import model
from leadyard.imports.jobs.runner import ImportRunner
from leadyard.kit import clock
from leadyard.storage.database import Database

CSV = {"content-type": "text/csv"}
HEADER = "email,phone1,Shoe size\n"


async def hand_in(own: httpx.AsyncClient, content: bytes | str, **query: Any) -> httpx.Response:
    wanted = {"campaign": "CARS", "sid": "1", **query}
    return await own.post("/imports", params=wanted, content=content, headers=CSV)


async def test_leads_are_imported_and_the_error_file_holds_the_others(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    text = HEADER + "a@example.com,07700900001,9\nnobody,07700900002,=1+1\nx\n"
    made = await hand_in(own, text, name="leads.csv")
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/imports/1"
    assert (made.json()["state"], made.json()["name"], made.json()["size"]) == (
        "active",
        "leads.csv",
        len(text),
    )
    assert await runner.run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["state"], done["rows"], done["total"], done["accepted"], done["unreadable"]) == (
        "done",
        3,
        3,
        1,
        1,
    )
    assert (done["refused"], done["problem"]) == ({"-5": 1}, None)
    errors = await own.get("/imports/1/errors")
    assert errors.headers["content-type"].startswith("text/csv")
    assert errors.text.splitlines() == [
        "line,code,reasons,email,phone1,Shoe size",
        "3,-5,Email is not a valid email address,nobody,07700900002,'=1+1",
        '4,,"The row has 1 columns, the header 3",x',
    ]
    assert not await runner.run_one(desk.account_id)
    assert (await own.post("/imports/1/cancel")).status_code == 409
    assert (await own.get("/imports", params={"kind": "leads", "state": "done"})).json()["items"] == [done]
    assert (await own.get("/imports", params={"kind": "returns"})).json()["items"] == []


async def test_the_error_file_is_imported_again_once_it_is_mended(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    await hand_in(own, "email,street1,phone1\nnobody,=Jo,07700900002\n")
    await runner.run_one(desk.account_id)
    errors = (await own.get("/imports/1/errors")).text
    assert "'=Jo" in errors
    await hand_in(own, errors.replace("nobody", "jo@example.com"))
    await runner.run_one(desk.account_id)
    (lead,) = await desk.rows("leads", "code = 1")
    assert lead["fields"]["street1"] == "=Jo"


async def test_a_workbook_with_columns_chosen_by_hand(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "March"
    book.active.append(["Contact", "Handy"])
    book.active.append(["a@example.com", 447700900001])
    book.save(content)
    chosen = json.dumps({"Contact": "email", "Handy": "phone1"})
    wanted = {"campaign": "CARS", "sid": "1", "columns": chosen, "sheet": "March"}
    made = await own.post(
        "/imports", params=wanted, content=content.getvalue(), headers={"content-type": XLSX}
    )
    assert made.status_code == 201
    await runner.run_one(desk.account_id)
    assert (await own.get("/imports/1")).json()["accepted"] == 1


async def test_returns_and_feedback_are_imported_on_behalf_of_the_key(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer()
    await desk.delivery(campaign.id, buyer_id)
    (lead_id,) = await desk.sold(1)
    settings = KeySettings(permissions=(Permission.LEADS_FEEDBACK, Permission.LEADS_RETURN))
    document = KeyInput(reference="buyer", kind=KindOfKey.BUYER, buyer_id=buyer_id, settings=settings)
    stored, key = await identity.create_key(desk.database, desk.actor, document)
    mine = {**CSV, "x-key": key}
    for kind, text in (
        ("feedback", f"lead_id,feedback\n{lead_id},Converted\n"),
        ("returns", f"lead_id,reason\n{lead_id},DNCC\n"),
    ):
        made = await own.post("/imports", params={"kind": kind}, content=text, headers=mine)
        assert made.status_code == 201, made.text
        await runner.run_one(desk.account_id)
        assert (await own.get(f"/imports/{made.json()['id']}", headers=mine)).json()["accepted"] == 1
    assert (await desk.rows("lead_feedback"))[0]["buyer_id"] == buyer_id
    assert (await desk.rows("lead_returns"))[0]["asked_by"] == f"key {stored.id} (buyer)"
    refused = await own.post("/imports", params={"campaign": "CARS"}, content=HEADER, headers=mine)
    assert refused.status_code == 403
    await hand_in(own, HEADER)
    listed = (await own.get("/imports", headers=mine)).json()["items"]
    assert [one["id"] for one in listed] == [2, 1]
    for path in ("/imports/3", "/imports/3/errors"):
        assert (await own.get(path, headers=mine)).status_code == 404
    assert (await own.post("/imports/3/cancel", headers=mine)).status_code == 404


async def test_a_suppliers_key_brings_leads_of_its_own_alone(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    settings = KeySettings(permissions=(Permission.LEADS_CREATE,))
    document = KeyInput(reference="supplier", kind=KindOfKey.SUPPLIER, supplier_id=1, settings=settings)
    _, key = await identity.create_key(desk.database, desk.actor, document)
    text = "email,sid\na@example.com,77\n"
    made = await own.post(
        "/imports", params={"campaign": "CARS"}, content=text, headers={**CSV, "x-key": key}
    )
    assert made.status_code == 201
    await runner.run_one(desk.account_id)
    assert (await desk.rows("leads"))[0]["supplier_id"] == 1


async def test_a_trial_keeps_nothing(desk: Desk, own: httpx.AsyncClient, runner: ImportRunner) -> None:
    await desk.campaign()
    await hand_in(own, HEADER + "a@example.com,07700900001,9\n", dry_run="true")
    await runner.run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert (done["accepted"], done["dry_run"], await desk.rows("leads")) == (1, True, [])


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"campaign": "NOWHERE"}, 422, "campaign"),
        ({"buyer": "nobody"}, 422, "buyer"),
        ({"kind": "sales"}, 422, "kind"),
        ({"columns": "[1]"}, 422, "columns"),
        ({"columns": "{"}, 422, "columns"),
        ({"dry_run": "perhaps"}, 422, "dry_run"),
        ({"nonsense": "1"}, 422, "nonsense"),
    ],
)
async def test_an_order_that_is_nothing_is_refused_at_once(
    desk: Desk, own: httpx.AsyncClient, query: dict[str, str], status: int, field: str
) -> None:
    await desk.campaign()
    answer = await hand_in(own, HEADER, **query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert await desk.rows("imports") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "old form"),
        (b"PK\x03\x04 nothing", "not an XLSX workbook"),
        (b"Shoe size\n9\n", "No column"),
        (b"email,Email\na,b\n", "More than one column is the field email"),
        (b"\n\n", "empty"),
        (b"a\x00\x01\x02", "neither"),
    ],
)
async def test_a_file_that_cannot_be_imported_fails_with_a_sentence(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner, content: bytes, words: str
) -> None:
    await desk.campaign()
    assert (await hand_in(own, content)).status_code == 201
    await runner.run_one(desk.account_id)
    done = (await own.get("/imports/1")).json()
    assert done["state"] == "failed"
    assert words in done["problem"]
    assert await desk.rows("leads") == []
    [notice] = await desk.rows("notices")
    assert (notice["event"], words in notice["details"]["import"]["problem"]) == ("import.failed", True)


async def test_nothing_other_bodies_and_too_much_are_refused_and_leave_nothing(
    desk: Desk, own: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.campaign()
    assert (await hand_in(own, b"")).status_code == 422
    other = await own.post(
        "/imports", params={"campaign": "CARS"}, content=b"x", headers={"content-type": "image/png"}
    )
    assert other.status_code == 415
    monkeypatch.setattr("leadyard.imports.jobs.service.LARGEST_FILE", 1000)
    assert (await hand_in(own, b"x" * 1001)).status_code == 422
    assert await desk.rows("import_chunks") == []
    assert {row["state"] for row in await desk.rows("imports")} == {3}
    monkeypatch.setattr("leadyard.imports.jobs.store.MOST_OPEN", 1)
    assert (await hand_in(own, HEADER)).status_code == 201
    assert (await hand_in(own, HEADER)).status_code == 409


async def test_files_of_many_chunks_come_out_as_they_went_in(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadyard.imports.jobs.service.CHUNK_BYTES", 100)
    await desk.campaign()
    rows = "".join(f"p{n}@example.com,07{700_000_000 + n},\n" for n in range(50))
    await hand_in(own, HEADER + rows)
    assert len(await desk.rows("import_chunks")) > 10
    await runner.run_one(desk.account_id)
    assert (await own.get("/imports/1")).json()["accepted"] == 50


async def test_files_are_forgotten_after_a_while_but_not_what_became_of_them(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    await hand_in(own, HEADER + "nobody,,\n")
    await runner.run_one(desk.account_id)
    await runner.tidy()
    assert len(await desk.rows("import_chunks")) == 1
    async with desk.database.connection() as connection:
        await connection.execute("UPDATE imports SET ended_at = $1", clock.now() - model.KEPT * 2)
    await runner.tidy()
    assert await desk.rows("import_chunks") + await desk.rows("import_refusals") == []
    assert (await own.get("/imports/1")).json()["refused"] == {"-5": 1}
    assert (await own.get("/imports/1/errors")).status_code == 404


async def test_a_file_that_never_arrived_is_cleared_away(
    desk: Desk, own: httpx.AsyncClient, runner: ImportRunner
) -> None:
    await desk.campaign()
    await hand_in(own, HEADER)
    async with desk.database.connection() as connection:
        await connection.execute("UPDATE imports SET state = 0, due_at = $1", clock.now())
    assert not await runner.run_one(desk.account_id)
    assert (await own.get("/imports/1")).json()["state"] == "cancelled"
    assert await desk.rows("import_chunks") == []


async def test_no_account_sees_anothers_imports(
    desk: Desk, own: httpx.AsyncClient, database: Database, dsn: str, tmp_path: Path
) -> None:
    await desk.campaign()
    await hand_in(own, HEADER)
    other = await new_desk(database, dsn, tmp_path, "other")
    theirs = {"x-key": other.key}
    assert (await own.get("/imports", headers=theirs)).json()["items"] == []
    for path in ("/imports/1", "/imports/1/errors"):
        assert (await own.get(path, headers=theirs)).status_code == 404
    assert (await own.post("/imports/1/cancel", headers=theirs)).status_code == 404
