"""The records of files in the own API: list, read, send again, settle."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.delivery.mailboxes import mailbox
from tests.delivery.test_files_of_leads import by_email, exporter, file_delivery, soon
from tests.desk import Desk, new_desk

from leadyard.delivery.files.api import SECTION
from leadyard.own_api.app import create
from leadyard.storage.database import Database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    app = create(desk.database, desk.configuration, more_sections=(SECTION,))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)),
        base_url="http://leads.test/api/v1",
        headers={"X-Key": desk.key},
    ) as made:
        yield made


async def built(desk: Desk, port: int) -> None:
    await file_delivery(desk, await by_email(desk, port))
    await desk.sold(1)
    await exporter(desk).build_due(soon())


async def test_a_file_is_listed_sent_and_sent_again(desk: Desk, client: httpx.AsyncClient) -> None:
    async with mailbox() as box:
        await built(desk, box.port)
        (file,) = (await client.get("/delivery-files?state=Waiting")).json()["items"]
        assert (file["rows"], file["destination"]) == (1, "email crm@buyer.example")
        await exporter(desk).hand_over_due(soon())
        assert (await client.get("/delivery-files?state=Waiting")).json()["total"] == 0
        assert (await client.get(f"/delivery-files/{file['id']}")).json()["state"] == "Sent"
        again = await client.post(f"/delivery-files/{file['id']}/resend")
        assert (again.status_code, again.json()["state"]) == (200, "Waiting")
        await exporter(desk).hand_over_due(soon())
    assert len({message["Message-ID"] for message in box.messages}) == 1
    assert len(box.messages) == 2
    log = (await client.get("/audit-log")).json()["items"]
    assert any(line["action"] == "resend" for line in log)


async def test_what_is_not_unknown_cannot_be_settled(desk: Desk, client: httpx.AsyncClient) -> None:
    await built(desk, 1)
    answer = await client.post("/delivery-files/1/settle", json={"arrived": True})
    assert answer.status_code == 409
    assert (await client.post("/delivery-files/1/settle", json={})).status_code == 422
    assert (await client.post("/delivery-files/1/settle", json={"arrived": "yes"})).status_code == 422


@pytest.mark.parametrize("path", ["/delivery-files/99", "/delivery-files/x", f"/delivery-files/{'9' * 30}"])
async def test_an_unknown_file_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{path}/resend")).status_code == 404


async def test_bad_filters_are_refused(client: httpx.AsyncClient) -> None:
    for query in ("state=Gone", "delivery_id=x", "page=0"):
        assert (await client.get(f"/delivery-files?{query}")).status_code in (400, 422)
