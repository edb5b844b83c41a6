"""Caps that are reached and credit that runs out are noted whether a webhook asks or not, mailed and acknowledged."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import time_machine
from tests.delivery.test_news_of_limits import add_credit
from tests.desk import Desk, new_desk
from tests.responders.post_office import PostOffice, post_office

from leadyard.app import Services, mail_writers
from leadyard.campaigns.model import Caps
from leadyard.campaigns.service import mail_servers
from leadyard.kit import clock
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.mails.jobs import MailWorker
from leadyard.notices.model import NoticeKind
from leadyard.notices.service import note
from leadyard.responders.messenger import Messenger
from leadyard.retention.service import Pruner, Retention
from leadyard.storage.database import Database
from leadyard.web import Web


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


@pytest.fixture
async def own(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    web = Web(Services(desk.database, desk.settings))
    transport = httpx.ASGITransport(cast("Any", web))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leads.test/api/v1", headers={"x-key": desk.key}
    ) as client:
        yield client
    await web.close()


async def listed(own: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await own.get("/notices", params=asked)
    assert answer.status_code == 200, answer.text
    return cast("list[dict[str, Any]]", answer.json()["items"])


async def send_all(desk: Desk, office: PostOffice) -> None:
    async def messenger_of(*_: int | None) -> Messenger | None:
        return office.messenger

    worker = MailWorker(desk.database, messenger_of, mail_writers(desk.settings))
    while await worker.work_once():
        continue


async def set_up_mail(desk: Desk, office: PostOffice) -> None:
    settings = {
        "host": "127.0.0.1", "port": office.port, "security": "none", "from_address": "hello@agency.example",
    }  # fmt: skip
    await mail_servers.create(desk.database, desk.actor, {"name": "Ours", "settings": settings})


async def test_a_cap_is_noted_once_without_any_webhook(desk: Desk, own: httpx.AsyncClient) -> None:
    campaign = await desk.campaign(caps=Caps(day=2))
    await desk.submitted(1, 2, 3)
    await desk.submitted(4)
    [one] = await listed(own)
    assert one["event"] == "cap.reached"
    assert one["text"] == f"Campaign {campaign.id} has reached its cap of 2 (leads, day)."
    assert one["details"]["cap"]["owner_id"] == campaign.id
    assert await desk.rows("outbox") == []


async def test_credit_that_is_used_up_is_noted(desk: Desk, own: httpx.AsyncClient) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    await desk.delivery(campaign.id, buyer_id)
    await add_credit(desk, buyer_id, "12.5")
    await desk.sold(1, 2)
    assert (await listed(own))[0]["event"] == "credit.empty"
    assert "is used up" in (await listed(own, event="credit.empty"))[0]["text"]


async def test_notices_are_acknowledged_one_by_one_and_all_at_once(
    desk: Desk, own: httpx.AsyncClient
) -> None:
    async with desk.database.unit_of_work() as connection:
        told = [{"import": {"id": number, "problem": "no header"}} for number in (1, 2, 3)]
        await note(connection, desk.account_id, NoticeKind.IMPORT_FAILED, told)
    third, second, first = await listed(own)
    assert first["text"] == "Import 1 failed: no header"
    done = (await own.post(f"/notices/{first['id']}/acknowledge")).json()
    assert done["acknowledged_by"]
    again = (await own.post(f"/notices/{first['id']}/acknowledge")).json()
    assert again == done
    all_of_them = await own.post("/notices/acknowledge", json={"last_id": second["id"]})
    assert all_of_them.json() == {"count": 1}
    assert [one["id"] for one in await listed(own, acknowledged="false")] == [third["id"]]
    assert len(await listed(own, acknowledged="true")) == 2
    assert (await own.post("/notices/999/acknowledge")).status_code == 404


async def test_notices_are_mailed_to_the_address_of_the_account(desk: Desk, own: httpx.AsyncClient) -> None:
    async with post_office() as office:
        await set_up_mail(desk, office)
        wanted = {"email": "ops@agency.example", "events": ["cap.reached"]}
        assert (await own.put("/notice-settings", json=wanted)).json() == wanted
        await desk.campaign(caps=Caps(day=1))
        await desk.submitted(1)
        async with desk.database.unit_of_work() as connection:
            await note(connection, desk.account_id, NoticeKind.IMPORT_FAILED, [{"import": {"id": 1}}])
        await send_all(desk, office)
        [mail] = office.mails
    assert mail["To"] == "ops@agency.example"
    assert "has reached its cap of 1" in str(mail["Subject"])
    assert (await own.put("/notice-settings", json={"email": "no address"})).status_code == 422
    assert (await own.get("/notice-settings")).json() == wanted


async def test_old_notices_are_removed(desk: Desk, own: httpx.AsyncClient) -> None:
    async with desk.database.unit_of_work() as connection:
        told = [{"import": {"id": number, "problem": "no header"}} for number in (1, 2)]
        await note(connection, desk.account_id, NoticeKind.IMPORT_FAILED, told)
    last, first = await listed(own)
    await own.post(f"/notices/{first['id']}/acknowledge")
    pruner = Pruner(desk.database, Retention(30, 400))
    await pruner.prune()
    assert len(await listed(own)) == 2
    with time_machine.travel(clock.now() + timedelta(days=31)):
        await pruner.prune()
    assert [one["id"] for one in await listed(own)] == [last["id"]]
    with time_machine.travel(clock.now() + timedelta(days=401)):
        await pruner.prune()
    assert await listed(own) == []


async def test_another_account_sees_none(
    desk: Desk, own: httpx.AsyncClient, database: Database, dsn: str, tmp_path: Path
) -> None:
    other = await new_desk(database, dsn, tmp_path, "other")
    async with desk.database.unit_of_work() as connection:
        await note(connection, desk.account_id, NoticeKind.IMPORT_FAILED, [{"import": {"id": 1}}])
    [one] = await listed(own)
    own.headers["x-key"] = other.key
    assert await listed(own) == []
    assert (await own.post(f"/notices/{one['id']}/acknowledge")).status_code == 404
