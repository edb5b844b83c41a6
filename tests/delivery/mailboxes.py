"""Real mail servers on loopback: aiosmtpd for the usual ways, scripted ones for trouble."""

import asyncio
import email.policy
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from tests.delivery.buyers import LOOPBACK, listener

from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.kinds import MailServerSettings

GUARD = AddressGuard(LOOPBACK)


@dataclass
class Mailbox:
    """A running mail server and what it took."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken as 4711"

    @property
    def messages(self) -> list[EmailMessage]:
        parser = BytesParser(policy=email.policy.default)
        return [parser.parsebytes(bytes(envelope.content or b"")) for envelope in self.taken]  # type: ignore[arg-type]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


@asynccontextmanager
async def mailbox(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, password: str = ""
) -> AsyncIterator[Mailbox]:
    """Run a mail server; with a password only `leads` may send, and only inside TLS."""
    box = Mailbox()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (b"leads", password.encode())
        return AuthResult(success=good, handled=good)

    def protocol() -> SMTP:
        return SMTP(
            box,
            hostname="mail.example.com",
            tls_context=starttls,
            authenticator=authenticate if password else None,
            auth_required=bool(password),
            auth_require_tls=tls is None,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def scripted(
    greeting: bytes, answers: Sequence[bytes | None]
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Run a server that answers each command with the next text; None drops the connection, b"" keeps silent.

    After an answer 354 the message is read to its end before the next answer. Gives the port and what was said.
    """
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        previous = b""
        for answer in answers:
            ending = b"\r\n.\r\n" if previous.startswith(b"354") else b"\r\n"
            said.append(await reader.readuntil(ending))
            if answer is None:
                return
            if not answer:
                await asyncio.sleep(60)
            writer.write(answer)
            await writer.drain()
            previous = answer
        await asyncio.sleep(60)

    async with listener(serve) as port:
        yield port, said


def server_settings(port: int, **changes: Any) -> MailServerSettings:
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from_address": "leads@agency.example",
        "from_name": "Agency",
        "timeout_seconds": 5,
    }
    return MailServerSettings(**{**usual, **changes})
