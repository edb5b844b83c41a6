"""A mail server on loopback that takes, refuses or loses e-mails as a test asks, and what is sent over it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_network
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.desk import Desk

from leadyard.campaigns.model import MailServer, Status
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.kinds import MailServerSettings
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport
from leadyard.ledger.service import Ledger
from leadyard.responders.account_messenger import AccountMessenger
from leadyard.responders.jobs import ResponderWorker
from leadyard.responders.links import Links
from leadyard.responders.messenger import Messenger

LINKS = Links("a secret of the tests", "http://leads.test")


class PostOffice:
    """A running mail server: what it got, and what it is to answer."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.recipient_answer = "250 OK"
        self.data_answer = "250 Queued"
        self.hangs_up = False

    @property
    def messenger(self) -> AccountMessenger:
        settings = MailServerSettings(
            host="127.0.0.1", port=self.port, security="none", from_address="hello@agency.example",
            from_name="Agency", timeout_seconds=5,
        )  # fmt: skip
        guard = AddressGuard((ip_network("127.0.0.0/8"),))
        server = MailServer(1, "Test", Status.ACTIVE, settings)
        return AccountMessenger(server, None, guard, HttpTransport())

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if self.hangs_up and server.transport is not None:
            server.transport.close()
        return self.data_answer


@contextlib.asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """Run a mail server."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(office, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await asyncio.sleep(0.05)


class Gateway:
    """An SMS gateway that takes every message."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send_email(self, *_: Any) -> Verdict:
        return Verdict(Outcome.ERROR, "no e-mails here")

    async def send_sms(self, to: str, text: str) -> Verdict:
        self.sent.append((to, text))
        return Verdict(Outcome.ACCEPT, "Taken over")


async def send_due(desk: Desk, messenger: Messenger | None) -> None:
    """Turn what happened into messages and send what is due, until there is nothing to do."""

    async def messenger_of(*_: int | None) -> Messenger | None:
        return messenger

    worker = ResponderWorker(desk.database, Ledger(desk.database), messenger_of, LINKS)
    while await worker.work_once():
        continue


def links_in(text: str) -> list[str]:
    """Give the paths of our links in a message."""
    return re.findall(r"http://leads\.test(/r/[a-z]/[A-Za-z0-9_.-]+[A-Za-z0-9_-])", text)
