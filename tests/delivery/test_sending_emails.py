"""What an SMTP server says, and what becomes of the lead: at every stage where it can go wrong."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.delivery.buyers import listener
from tests.delivery.mailboxes import GUARD, mailbox, scripted, server_settings
from tests.delivery.self_signed import Certificate

from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.email import Mail, send_mail

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

MAIL = Mail(
    "leads@agency.example",
    ("buyer@example.com",),
    b"Subject: Lead\r\n\r\n.a line that begins with a dot\r\n",
    "shown",
)
OK = b"250 OK\r\n"
GO = b"354 go\r\n"
GREETING = b"220 ready\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


async def test_a_message_that_the_server_takes_is_accepted() -> None:
    async with mailbox() as box:
        verdict = await send_mail(GUARD, server_settings(box.port), MAIL)
    assert (verdict.outcome, verdict.buyer_reference) == (Outcome.ACCEPT, "taken as 4711")
    assert box.taken[0].rcpt_tos == ["buyer@example.com"]
    assert box.messages[0].get_content().strip() == ".a line that begins with a dot"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_with_a_trusted_certificate_and_a_log_in(certificate: Certificate, security: str) -> None:
    context = certificate.server_context()
    contexts = {"tls": context} if security == "tls" else {"starttls": context}
    async with mailbox(**contexts, password="secret") as box:
        server = server_settings(
            box.port, security=security, username="leads", password="secret", ca_certificate=certificate.pem
        )
        assert (await send_mail(GUARD, server, MAIL)).outcome is Outcome.ACCEPT
        assert len(box.taken) == 1


async def test_a_refused_log_in_needs_a_person(certificate: Certificate) -> None:
    async with mailbox(starttls=certificate.server_context(), password="secret") as box:
        server = server_settings(
            box.port,
            security="starttls",
            username="leads",
            password="wrong",
            ca_certificate=certificate.pem,
        )
        verdict = await send_mail(GUARD, server, MAIL)
    assert (verdict.outcome, verdict.status_code) == (Outcome.ERROR, 535)
    assert "wrong" not in verdict.reason


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_trusts_is_tried_again_and_nothing_is_sent(
    certificate: Certificate, security: str
) -> None:
    context = certificate.server_context()
    contexts = {"tls": context} if security == "tls" else {"starttls": context}
    async with mailbox(**contexts) as box:  # type: ignore[arg-type]
        verdict = await send_mail(GUARD, server_settings(box.port, security=security), MAIL)
    assert verdict.outcome is Outcome.RETRY
    assert box.taken == []


async def test_a_server_without_tls_never_gets_the_message_in_the_open() -> None:
    async with mailbox() as box:
        verdict = await send_mail(GUARD, server_settings(box.port, security="starttls"), MAIL)
    assert verdict.outcome is Outcome.ERROR
    assert box.taken == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("450 busy", Outcome.RETRY), ("550 no such user", Outcome.REJECT)],
)
async def test_one_refused_recipient_refuses_the_whole_message(answer: str, outcome: Outcome) -> None:
    mail = Mail(MAIL.sender, ("buyer@example.com", "second@example.com"), MAIL.content, "")
    async with mailbox() as box:
        box.refuse["second@example.com"] = answer
        verdict = await send_mail(GUARD, server_settings(box.port), mail)
    assert (verdict.outcome, verdict.status_code) == (outcome, int(answer[:3]))
    assert box.taken == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("451 later", Outcome.RETRY), ("554 looks like spam", Outcome.REJECT)],
)
async def test_the_answer_to_the_content_decides(answer: str, outcome: Outcome) -> None:
    async with mailbox() as box:
        box.answer = answer
        verdict = await send_mail(GUARD, server_settings(box.port), MAIL)
    assert (verdict.outcome, verdict.status_code) == (outcome, int(answer[:3]))


@pytest.mark.parametrize(
    ("greeting", "answers", "outcome"),
    [
        (b"554 go away\r\n", [], Outcome.ERROR),
        (b"421 too many\r\n", [], Outcome.RETRY),
        (b"what\r\n", [], Outcome.RETRY),
        (GREETING, [None], Outcome.RETRY),
        (GREETING, [OK, None], Outcome.RETRY),
        (GREETING, [OK, b"550 who are you\r\n"], Outcome.ERROR),
        (GREETING, [OK, OK, None], Outcome.RETRY),
        (GREETING, [OK, OK, OK, None], Outcome.RETRY),
        (GREETING, [OK, OK, OK, b"452 full\r\n"], Outcome.RETRY),
        (GREETING, [OK, OK, OK, b"554 no\r\n"], Outcome.ERROR),
        (GREETING, [OK, OK, OK, GO, None], Outcome.UNKNOWN),
        (GREETING, [OK, OK, OK, GO, b"nonsense\r\n"], Outcome.UNKNOWN),
        (GREETING, [OK, OK, OK, GO, b"354 what\r\n"], Outcome.UNKNOWN),
        (GREETING, [OK, OK, OK, GO, OK], Outcome.ACCEPT),
    ],
)
async def test_a_connection_that_breaks_is_only_in_doubt_after_the_content(
    greeting: bytes, answers: list[bytes | None], outcome: Outcome
) -> None:
    async with scripted(greeting, answers) as (port, _):
        verdict = await send_mail(GUARD, server_settings(port, timeout_seconds=2), MAIL)
    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [([b""], Outcome.RETRY), ([OK, OK, OK, b""], Outcome.RETRY), ([OK, OK, OK, GO, b""], Outcome.UNKNOWN)],
)
async def test_silence_ends_with_the_time_limit(answers: list[bytes | None], outcome: Outcome) -> None:
    async with scripted(GREETING, answers) as (port, _):
        verdict = await send_mail(GUARD, server_settings(port, timeout_seconds=1), MAIL)
    assert verdict.outcome is outcome


@pytest.mark.parametrize("line", [b"250-more\r\n", b"x" * 1000])
async def test_an_endless_answer_is_cut_off(line: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        await reader.readline()
        while True:
            writer.write(line * 100)
            await writer.drain()

    async with listener(serve) as port:
        verdict = await send_mail(GUARD, server_settings(port, timeout_seconds=2), MAIL)
    assert verdict.outcome is Outcome.RETRY


async def test_a_refused_connection_is_tried_again() -> None:
    async with mailbox() as box:
        port = box.port
    assert (await send_mail(GUARD, server_settings(port), MAIL)).outcome is Outcome.RETRY


async def test_a_host_inside_the_network_is_never_called() -> None:
    strict = AddressGuard((ip_network("10.9.9.0/24"),))
    async with mailbox() as box:
        for host in ("127.0.0.1", "localhost"):
            verdict = await send_mail(strict, server_settings(box.port, host=host), MAIL)
            assert verdict.outcome is Outcome.ERROR
    assert box.taken == []


async def test_a_host_that_does_not_exist_is_tried_again() -> None:
    verdict = await send_mail(GUARD, server_settings(25, host="no-such-host.invalid"), MAIL)
    assert verdict.outcome is Outcome.RETRY
