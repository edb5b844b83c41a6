"""Mail servers that misbehave, at every step: only after the content may the message have been taken."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.delivery.buyers import listener
from tests.delivery.mailboxes import GUARD, mailbox, server_settings
from tests.delivery.misbehaving import PATIENCE, faulty, resolving
from tests.delivery.self_signed import Certificate

from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.email import Mail, send_mail

MAIL = Mail("leads@agency.example", ("buyer@example.com",), b"Subject: Lead\r\n\r\nAnn\r\n", "shown")
SAID = {
    "greeting": "220 ready", "EHLO": "250 mail", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go",
    "content": "250 taken", "QUIT": "221 bye",
}  # fmt: skip
STEPS: Mapping[str, Outcome] = {
    "greeting": Outcome.RETRY,
    "EHLO": Outcome.RETRY,
    "MAIL": Outcome.RETRY,
    "RCPT": Outcome.RETRY,
    "DATA": Outcome.RETRY,
    "content": Outcome.UNKNOWN,
}
"""What silence, and any other way of saying nothing that can be used, comes to at each step."""

Say = Callable[[asyncio.StreamWriter, str], Awaitable[None]]


@asynccontextmanager
async def server(step: str, misbehave: Say | None) -> AsyncIterator[int]:
    """Run a server that says the usual words but at one step, where it misbehaves (None: it hangs up)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = "greeting"
        while said:
            if said != step:
                writer.write(f"{SAID.get(said, '502 what')}\r\n".encode())
            elif misbehave is None:
                return
            else:
                await misbehave(writer, SAID[said])
            if said == "DATA":
                await reader.readuntil(b"\r\n.\r\n")
                said = "content"
            else:
                said = (await reader.readline()).decode().partition(" ")[0].strip()

    async with listener(serve) as port:
        yield port


async def silent(_writer: asyncio.StreamWriter, _usual: str) -> None:
    await asyncio.sleep(60)


async def slow(writer: asyncio.StreamWriter, usual: str) -> None:
    for character in f"{usual} and so on and on":
        writer.write(character.encode())
        await asyncio.sleep(0.1)


async def endless(writer: asyncio.StreamWriter, usual: str) -> None:
    while True:
        writer.write(f"{usual[:3]}-more\r\n".encode() * 500)
        await writer.drain()


async def endless_line(writer: asyncio.StreamWriter, _usual: str) -> None:
    while True:
        writer.write(b"2" * 10_000)
        await writer.drain()


async def no_smtp(writer: asyncio.StreamWriter, _usual: str) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")


async def busy(writer: asyncio.StreamWriter, _usual: str) -> None:
    writer.write(b"421 too many, come back later\r\n")


async def breaks_after_taking(writer: asyncio.StreamWriter, _usual: str) -> None:
    writer.write(b"451 saved, then we broke\r\n")


@pytest.mark.parametrize("misbehave", [silent, slow, endless, endless_line, no_smtp, None])
@pytest.mark.parametrize(("step", "outcome"), STEPS.items())
async def test_a_server_that_gives_no_usable_answer(
    step: str, outcome: Outcome, misbehave: Say | None
) -> None:
    async with server(step, misbehave) as port:
        verdict = await send_mail(GUARD, server_settings(port, timeout_seconds=PATIENCE), MAIL)
    assert verdict.outcome is outcome, verdict.reason


@pytest.mark.parametrize("step", STEPS)
async def test_a_server_that_is_busy_is_tried_again(step: str) -> None:
    async with server(step, busy) as port:
        verdict = await send_mail(GUARD, server_settings(port), MAIL)
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, 421), verdict.reason


async def test_a_server_that_breaks_after_the_content_says_that_it_has_not_taken_it() -> None:
    async with server("content", breaks_after_taking) as port:
        verdict = await send_mail(GUARD, server_settings(port), MAIL)
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, 451), verdict.reason


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "fault", ["refused connection", "a certificate of no one", "no TLS", "a handshake without end"]
)
async def test_a_server_without_usable_tls_gets_nothing(fault: str, security: str, tmp_path: Path) -> None:
    async with faulty(fault, tmp_path) as there:
        port = int(there.url.rpartition(":")[2].partition("/")[0])
        settings = server_settings(port, security=security, timeout_seconds=PATIENCE)
        verdict = await send_mail(GUARD, settings, MAIL)
    assert verdict.outcome is Outcome.RETRY, verdict.reason
    assert there.calls == []


async def test_a_handshake_that_stops_after_starttls_is_tried_again(tmp_path: Path) -> None:
    answers = [b"250-mail\r\n250 STARTTLS\r\n", b"220 go\r\n"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        for answer in answers:
            await reader.readline()
            writer.write(answer)
        await reader.read()

    certificate = Certificate(tmp_path)
    async with listener(serve) as port:
        settings = server_settings(
            port, security="starttls", ca_certificate=certificate.pem, timeout_seconds=PATIENCE
        )
        verdict = await send_mail(GUARD, settings, MAIL)
    assert verdict.outcome is Outcome.RETRY, verdict.reason


async def test_a_name_that_has_moved_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"mail.example": ["127.0.0.1", "10.0.0.1"]})
    async with mailbox() as box:
        settings = server_settings(box.port, host="mail.example")
        assert (await send_mail(GUARD, settings, MAIL)).outcome is Outcome.ACCEPT
        assert (await send_mail(GUARD, settings, MAIL)).outcome is Outcome.ERROR
    assert (len(asked), len(box.taken)) == (2, 1)
