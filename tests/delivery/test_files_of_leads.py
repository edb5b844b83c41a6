"""A file delivery: each sold lead is in exactly one file, and each file is handed over as its protocol allows."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.drops import ftp, ftp_server
from tests.delivery.mailboxes import GUARD, mailbox, scripted, server_settings
from tests.desk import Desk, new_desk

from leadyard.app import WorkerParts
from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import DeliveryRecord, MailServerInput
from leadyard.campaigns.model import DeliveryKind
from leadyard.delivery.files import service as files
from leadyard.delivery.files.model import DeliveryFile
from leadyard.delivery.files.service import FileExporter
from leadyard.delivery.kinds import Destination, EmailDestination, FileSettings
from leadyard.delivery.model import FieldMapping, RetryPolicy
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.leads.model import SaleStatus
from leadyard.storage.database import Database

COLUMNS = (FieldMapping("email", "{{ email }}"), FieldMapping("id", "{{ lead.id }}"))


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


def exporter(desk: Desk) -> FileExporter:
    return FileExporter(desk.database, desk.configuration, GUARD)


async def file_delivery(
    desk: Desk, destination: Destination, campaign_id: int | None = None, **changes: Any
) -> DeliveryRecord:
    """A delivery whose files are due every minute."""
    if campaign_id is None:
        campaign_id = (await desk.campaign()).id
    usual = {"schedule": "* * * * *", "columns": COLUMNS, "name": "leads-{{ file.number }}"}
    settings = FileSettings(**{**usual, "destination": destination, **changes})
    return await desk.delivery(
        campaign_id,
        await desk.buyer(),
        kind=DeliveryKind.FILE,
        file=settings,
        retry=RetryPolicy(attempts=2, first_delay_seconds=0),
    )


async def by_email(desk: Desk, port: int) -> EmailDestination:
    document = MailServerInput(name="Mail", settings=server_settings(port, timeout_seconds=2))
    server = await setup.mail_servers.create(desk.database, desk.actor, document)
    return EmailDestination(server_id=server.id, to=("crm@buyer.example",))


def soon() -> datetime:
    """A time at which whatever is queued now is due."""
    return clock.now() + timedelta(minutes=2)


async def shown(desk: Desk) -> list[DeliveryFile]:
    found, total = await files.list_files(
        desk.database, desk.account_id, delivery_id=None, state=None, page=1, per_page=50
    )
    assert total == len(found)
    return list(reversed(found))


async def test_a_lead_is_sold_when_it_is_queued_and_goes_out_at_the_next_time(
    desk: Desk, folder: Path
) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port))
        ids = await desk.sold(1, 2, 3)
        assert [(await desk.lead(id_))["sale_status"] for id_ in ids] == [SaleStatus.SOLD] * 3
        assert await exporter(desk).build_due(clock.now().replace(second=0) - timedelta(minutes=1)) == 0
        assert await exporter(desk).build_due(soon()) == 1
        assert await exporter(desk).build_due(soon()) == 0
        assert await exporter(desk).hand_over_due(soon()) == 1
        assert await exporter(desk).hand_over_due(soon()) == 0
    lines = (folder / "leads-1.csv").read_text().splitlines()
    assert sorted(lines) == sorted(
        ["email,id", *(f"person.{n}@example.com,{i}" for n, i in enumerate(ids, 1))]
    )
    (file,) = await shown(desk)
    assert (file.state, file.rows, file.tries, file.error) == ("Sent", 3, 1, None)
    assert file.size == (folder / "leads-1.csv").stat().st_size
    assert "secret" not in file.destination
    assert await desk.differences() == []


async def test_many_processes_put_each_lead_into_one_file(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port), most_rows=4)
        ids = await desk.sold(*range(1, 11))
        workers = [exporter(desk) for _ in range(4)]
        await asyncio.gather(*(each.build_due(soon()) for each in workers))
        await exporter(desk).build_due(soon())
        await asyncio.gather(*(each.hand_over_due(soon()) for each in workers))
    found = [line.split(",")[1] for path in folder.glob("*.csv") for line in path.read_text().split()[1:]]
    assert sorted(map(int, found)) == sorted(ids)
    assert {path.name for path in folder.iterdir()} == {"leads-1.csv", "leads-2.csv", "leads-3.csv"}
    assert await desk.differences() == []


async def test_a_server_that_is_away_is_tried_again_with_the_same_file(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        pass
    delivery = await file_delivery(desk, ftp(port))
    await desk.sold(1)
    await exporter(desk).build_due(soon())
    await desk.hook("delivery_file.failed")
    for _ in range(3):
        await exporter(desk).hand_over_due(soon())
    (file,) = await shown(desk)
    assert (file.state, file.tries) == ("Failed", 3)
    assert [told["file"]["id"] for told in await desk.news("delivery_file.failed")] == [file.id]
    assert "not there" in (file.error or "")
    async with ftp_server(folder) as other:
        patch = {"settings": {"file": {"destination": {"port": other}}}}
        await setup.deliveries.update(desk.database, desk.actor, delivery.id, patch)
        again = await files.resend_file(desk.database, desk.actor, file.id)
        assert again.state == "Waiting"
        with pytest.raises(ConflictError):
            await files.resend_file(desk.database, desk.actor, file.id)
        await exporter(desk).hand_over_due(soon())
    assert [path.name for path in folder.iterdir()] == [file.name]
    assert (await shown(desk))[0].state == "Sent"


async def test_a_worker_that_died_while_putting_a_file_is_followed_by_the_same_file(
    desk: Desk, folder: Path
) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port))
        await desk.sold(1)
        await exporter(desk).build_due(soon())
        async with desk.database.unit_of_work() as connection:
            await connection.execute("UPDATE delivery_files SET state = 1, tries = 1, destination = 'ftp x'")
        assert await exporter(desk).hand_over_due(soon()) == 1
    assert [path.name for path in folder.iterdir()] == ["leads-1.csv"]
    assert [(f.state, f.tries) for f in await shown(desk)] == [("Sent", 2)]


async def test_a_file_goes_out_attached_to_an_email(desk: Desk) -> None:
    async with mailbox() as box:
        await file_delivery(desk, await by_email(desk, box.port), format="xlsx")
        await desk.sold(1)
        await exporter(desk).build_due(soon())
        await exporter(desk).hand_over_due(soon())
    (message,) = box.messages
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), message["Subject"]) == ("leads-1.xlsx", "leads-1.xlsx")
    assert message.get_body().get_content().strip() == "1 leads in leads-1.xlsx"  # type: ignore[union-attr]
    assert [f.state for f in await shown(desk)] == ["Sent"]


async def test_an_email_that_may_have_been_taken_waits_for_a_person(desk: Desk) -> None:
    answers = [b"250 OK\r\n"] * 3 + [b"354 go\r\n", None]
    await desk.hook("delivery_file.unknown")
    async with scripted(b"220 ready\r\n", answers) as (port, _):
        await file_delivery(desk, await by_email(desk, port))
        await desk.sold(1)
        await exporter(desk).build_due(soon())
        await exporter(desk).hand_over_due(soon())
        assert await exporter(desk).hand_over_due(soon()) == 0
    (file,) = await shown(desk)
    assert file.state == "Unknown"
    told = {"id": file.id, "delivery_id": file.delivery_id, "name": file.name, "problem": file.error}
    assert await desk.news("delivery_file.unknown") == [{"file": told}]
    settled = await files.settle_file(desk.database, desk.actor, file.id, arrived=True)
    assert settled.state == "Sent"
    with pytest.raises(ConflictError):
        await files.settle_file(desk.database, desk.actor, file.id, arrived=False)


async def test_a_worker_that_died_while_mailing_a_file_leaves_it_unknown(desk: Desk) -> None:
    async with mailbox() as box:
        await file_delivery(desk, await by_email(desk, box.port))
        await desk.sold(1)
        await exporter(desk).build_due(soon())
        async with desk.database.unit_of_work() as connection:
            await connection.execute("UPDATE delivery_files SET state = 1, tries = 1")
        assert await exporter(desk).hand_over_due(soon()) == 0
        (file,) = await shown(desk)
        assert (file.state, box.taken) == ("Unknown", [])
        await files.settle_file(desk.database, desk.actor, file.id, arrived=False)
        assert await exporter(desk).hand_over_due(soon()) == 1
    assert len(box.taken) == 1


async def test_a_lead_returned_before_its_file_is_in_none(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port))
        first, second = await desk.sold(1, 2)
        async with desk.database.unit_of_work() as connection:
            await connection.execute("UPDATE delivery_attempts SET state = 9 WHERE lead_id = $1", first)
        await exporter(desk).build_due(soon())
        await exporter(desk).hand_over_due(soon())
    assert (folder / "leads-1.csv").read_text().splitlines()[1:] == [f"person.2@example.com,{second}"]


async def test_a_sale_that_a_dead_worker_left_unbooked_is_taken_up(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        delivery = await file_delivery(desk, ftp(port))
        (lead_id,) = await desk.submitted(1)
        async with desk.database.unit_of_work() as connection:
            await connection.execute("DELETE FROM delivery_jobs")
            await connection.execute(
                "INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason,"
                " worker_id, started_at) VALUES ($1, $2, 1, $3, $4, 7, 'the worker stopped', 0, now())",
                desk.account_id, lead_id, delivery.id, delivery.buyer_id,
            )  # fmt: skip
        parts = WorkerParts(desk.database, desk.settings, "worker")
        assert [await parts.resumer.resume_all() for _ in range(2)] == [1, 0]
        await exporter(desk).build_due(soon())
    assert (await desk.lead(lead_id))["sale_status"] == SaleStatus.SOLD
    assert [(f.state, f.rows) for f in await shown(desk)] == [("Waiting", 1)]
    assert await desk.differences() == []


async def test_two_deliveries_with_the_same_names_do_not_overwrite_each_other(
    desk: Desk, folder: Path
) -> None:
    async with ftp_server(folder) as port:
        campaign = await desk.campaign()
        other = await desk.campaign("VANS")
        await file_delivery(desk, ftp(port), campaign.id)
        await file_delivery(desk, ftp(port), other.id)
        await desk.sold(1)
        await desk.sold(2, campaign="VANS")
        await exporter(desk).build_due(soon())
        await exporter(desk).hand_over_due(soon())
    assert {path.name for path in folder.iterdir()} == {"leads-1.csv", "leads-1-2.csv"}


async def test_files_of_another_account_do_not_exist(desk: Desk, dsn: str, tmp_path: Path) -> None:
    async with mailbox() as box:
        await file_delivery(desk, await by_email(desk, box.port))
        await desk.sold(1)
        await exporter(desk).build_due(soon())
    (file,) = await shown(desk)
    other = await new_desk(desk.database, dsn, tmp_path, "other")
    assert await shown(other) == []
    for call in (
        files.read_file(desk.database, other.account_id, file.id),
        files.resend_file(desk.database, other.actor, file.id),
        files.settle_file(desk.database, other.actor, file.id, arrived=True),
    ):
        with pytest.raises(NotFoundError):
            await call


async def test_the_audit_misses_a_lead_that_is_not_in_its_file(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port))
        ids = await desk.sold(1, 2)
        await exporter(desk).build_due(soon())
    async with desk.database.unit_of_work() as connection:
        await connection.execute("DELETE FROM delivery_file_leads WHERE lead_id = $1", ids[0])
    assert {each.what for each in await desk.differences()} == {
        "file against its leads: rows",
        "sale that is in no file: places",
    }


async def test_a_worker_hands_over_what_is_due_until_told_to_stop(desk: Desk, folder: Path) -> None:
    async with ftp_server(folder) as port:
        await file_delivery(desk, ftp(port))
        await desk.sold(1)
        await exporter(desk).build_due(soon())
        async with desk.database.unit_of_work() as connection:
            await connection.execute("UPDATE delivery_files SET due_at = now()")
        parts, stop = WorkerParts(desk.database, desk.settings, "worker"), asyncio.Event()
        running = [asyncio.create_task(parts.files.run(stop)), asyncio.create_task(parts.resumer.run(stop))]
        async with asyncio.timeout(20):
            while [file.state for file in await shown(desk)] != ["Sent"]:  # noqa: ASYNC110 - the worker tells nobody
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*running)
    assert [path.name for path in folder.iterdir()] == ["leads-1.csv"]


async def test_an_archived_delivery_fails_its_waiting_file_instead_of_forgetting_it(
    desk: Desk, folder: Path
) -> None:
    delivery = await file_delivery(desk, ftp(1))
    await desk.sold(1)
    await exporter(desk).build_due(soon())
    await desk.hook("delivery_file.failed", "delivery_file.unknown")
    await setup.deliveries.archive(desk.database, desk.actor, delivery.id)
    assert await exporter(desk).hand_over_due(soon()) == 0
    assert [file.state for file in await shown(desk)] == ["Failed"]
    [told] = await desk.news("delivery_file.failed")
    assert (told["file"]["delivery_id"], told["file"]["name"]) == (delivery.id, "leads-1.csv")
    assert "archived" in told["file"]["problem"]
