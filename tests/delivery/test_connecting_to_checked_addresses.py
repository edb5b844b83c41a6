"""Mail, FTP and SFTP hosts: looked up once, every address checked, and a checked address is what is called."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from tests.delivery.buyers import listener
from tests.delivery.mailboxes import GUARD, mailbox, server_settings
from tests.delivery.test_sending_emails import MAIL

from leadyard.delivery.connecting import connect
from leadyard.delivery.guard import AddressGuard, AddressRefusedError
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.email import send_mail

Answers = list[list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], list[str]]:
    """Make the resolver answer with these addresses, another list at each look-up; gives the names looked up."""

    def install(answers: Answers) -> list[str]:
        asked: list[str] = []

        async def look_up(host: str, port: int, **_: Any) -> list[Any]:
            addresses = answers[min(len(asked), len(answers) - 1)]
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
        return asked

    return install


async def test_an_answer_that_changes_after_the_check_changes_nothing(
    names: Callable[[Answers], list[str]],
) -> None:
    asked = names([["127.0.0.1"], ["10.0.0.1"]])
    async with mailbox() as box:
        verdict = await send_mail(GUARD, server_settings(box.port, host="mail.example.com"), MAIL)
    assert verdict.outcome is Outcome.ACCEPT
    assert asked == ["mail.example.com"]


async def test_one_inner_address_among_many_refuses_the_host(names: Callable[[Answers], list[str]]) -> None:
    names([["127.0.0.1", "10.0.0.1"]])
    async with mailbox() as box:
        with pytest.raises(AddressRefusedError):
            await connect(GUARD, "mail.example.com", box.port)


async def test_the_next_address_is_tried_when_one_does_not_answer(
    names: Callable[[Answers], list[str]],
) -> None:
    names([["127.0.0.2", "127.0.0.1"]])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with listener(serve) as port:
        opened = await connect(GUARD, "mail.example.com", port)
        assert opened.getpeername() == ("127.0.0.1", port)
        opened.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "localhost"])
async def test_inner_addresses_are_refused_in_every_form(host: str) -> None:
    with pytest.raises(AddressRefusedError):
        await connect(AddressGuard((ip_network("192.168.7.0/24"),)), host, 25)
