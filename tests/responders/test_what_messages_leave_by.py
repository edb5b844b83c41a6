"""A responder's messages leave by the mail server that it names, else by the account's first active one."""

from typing import Any

import pytest
from tests.desk import Desk
from tests.responders.post_office import PostOffice, post_office
from tests.responders.set_up import THANKS, responder

from leadyard.app import WorkerParts
from leadyard.campaigns.service import mail_servers
from leadyard.kit.errors import InvalidInputError
from leadyard.responders.model import MessageState


async def server(desk: Desk, office: PostOffice, name: str) -> int:
    settings = {
        "host": "127.0.0.1", "port": office.port, "security": "none", "from_address": f"{name}@agency.example",
    }  # fmt: skip
    made = await mail_servers.create(desk.database, desk.actor, {"name": name, "settings": settings})
    return int(made.id)


async def send_all(desk: Desk) -> None:
    parts = WorkerParts(desk.database, desk.settings, "test")
    await parts.open()
    try:
        while await parts.responders.work_once():
            continue
    finally:
        await parts.close()


async def test_each_responder_writes_by_its_own_server(desk: Desk) -> None:
    campaign = await desk.campaign()
    async with post_office() as first, post_office() as second:
        await server(desk, first, "first")
        named = await server(desk, second, "second")
        await responder(desk, campaign.id, THANKS)
        await responder(desk, campaign.id, THANKS, settings={"mail_server_id": named})
        await desk.submitted(1)
        await send_all(desk)
        assert [mail["From"] for mail in first.mails] == ["first@agency.example"]
        assert [mail["From"] for mail in second.mails] == ["second@agency.example"]


async def test_messages_wait_while_the_named_server_is_not_active(desk: Desk) -> None:
    campaign = await desk.campaign()
    async with post_office() as first, post_office() as second:
        await server(desk, first, "first")
        named = await server(desk, second, "second")
        await responder(desk, campaign.id, THANKS, settings={"mail_server_id": named})
        await mail_servers.update(desk.database, desk.actor, named, {"status": "Inactive"})
        await desk.submitted(1)
        await send_all(desk)
        assert (first.mails, second.mails) == ([], [])
    [message] = await desk.rows("responder_messages")
    assert MessageState(message["state"]) is MessageState.WAITING
    assert "not active" in message["last_error"]


@pytest.mark.parametrize("name", ["mail_server_id", "sms_gateway_id"])
async def test_one_that_is_not_there_is_refused(desk: Desk, name: str) -> None:
    campaign = await desk.campaign()
    settings: dict[str, Any] = {name: 99}
    with pytest.raises(InvalidInputError, match=name):
        await responder(desk, campaign.id, THANKS, settings=settings)
