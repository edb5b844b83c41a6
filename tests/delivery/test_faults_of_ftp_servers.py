"""FTP servers that misbehave, at every step of handing a file over: only while renaming may the file be there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.delivery.buyers import listener
from tests.delivery.drops import ftp, ftp_server
from tests.delivery.mailboxes import GUARD
from tests.delivery.misbehaving import PATIENCE, faulty, resolving
from tests.delivery.self_signed import Certificate

from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.file.ftp import put_by_ftp

CONTENT = b"name\r\nAnn\r\n"
STEPS: Mapping[str, Outcome] = {
    "greeting": Outcome.RETRY,
    "USER": Outcome.RETRY,
    "PASS": Outcome.RETRY,
    "CWD": Outcome.RETRY,
    "TYPE": Outcome.RETRY,
    "EPSV": Outcome.RETRY,
    "STOR": Outcome.RETRY,
    "taken": Outcome.RETRY,
    "RNFR": Outcome.UNKNOWN,
    "RNTO": Outcome.UNKNOWN,
}
"""What silence, and any other way of saying nothing that can be used, comes to at each step."""

SAID = {
    "greeting": "220 ready", "USER": "331 who", "PASS": "230 in", "CWD": "250 there", "TYPE": "200 ok",
    "STOR": "150 go", "taken": "226 taken", "RNFR": "350 ok", "RNTO": "250 ok", "QUIT": "221 bye",
}  # fmt: skip

Say = Callable[[asyncio.StreamWriter, str], Awaitable[None]]


@asynccontextmanager
async def server(step: str, misbehave: Say | None) -> AsyncIterator[int]:
    """Run a server that says the usual words but at one step, where it misbehaves (None: it hangs up)."""

    async def data(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listener(data) as data_port:
        words = {**SAID, "EPSV": f"229 (|||{data_port}|)"}

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            said = "greeting"
            while said:
                for each in [said, "taken"] if said == "STOR" else [said]:
                    usual = words.get(each, "502 what")
                    if each != step:
                        writer.write(f"{usual}\r\n".encode())
                    elif misbehave is None:
                        return
                    else:
                        await misbehave(writer, usual)
                said = (await reader.readline()).decode().partition(" ")[0].strip()

        async with listener(serve) as port:
            yield port


async def silent(_writer: asyncio.StreamWriter, _usual: str) -> None:
    """Say nothing."""


async def slow(writer: asyncio.StreamWriter, usual: str) -> None:
    for character in f"{usual} and so on":
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


async def no_ftp(writer: asyncio.StreamWriter, _usual: str) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")


async def busy(writer: asyncio.StreamWriter, _usual: str) -> None:
    writer.write(b"421 too many, come back later\r\n")


@pytest.mark.parametrize("misbehave", [silent, slow, None])
@pytest.mark.parametrize(("step", "outcome"), STEPS.items())
async def test_a_server_that_stops_answering(step: str, outcome: Outcome, misbehave: Say | None) -> None:
    async with server(step, misbehave) as port:
        where = ftp(port, folder="inbox", timeout_seconds=PATIENCE)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is outcome, verdict.reason


@pytest.mark.parametrize("misbehave", [endless, endless_line, no_ftp])
@pytest.mark.parametrize("step", ["greeting", "PASS", "STOR", "taken", "RNTO"])
async def test_a_server_that_says_what_no_server_says(step: str, misbehave: Say) -> None:
    async with server(step, misbehave) as port:
        where = ftp(port, folder="inbox", timeout_seconds=PATIENCE)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is STEPS[step], verdict.reason


@pytest.mark.parametrize("step", [step for step in STEPS if step != "EPSV"])
async def test_a_server_that_is_busy_is_tried_again(step: str) -> None:
    async with server(step, busy) as port:
        where = ftp(port, folder="inbox", timeout_seconds=5)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
    assert (verdict.outcome, verdict.status_code) == (Outcome.RETRY, 421), verdict.reason


@pytest.mark.parametrize("security", ["explicit_tls", "implicit_tls"])
@pytest.mark.parametrize(
    "fault", ["refused connection", "a certificate of no one", "no TLS", "a handshake without end"]
)
async def test_a_server_without_usable_tls_gets_nothing(fault: str, security: str, tmp_path: Path) -> None:
    async with faulty(fault, tmp_path) as there:
        port = int(there.url.rpartition(":")[2].partition("/")[0])
        where = ftp(port, security=security, timeout_seconds=PATIENCE)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.RETRY, verdict.reason
    assert there.calls == []


async def test_a_certificate_of_no_one_after_auth_tls_gets_no_password(tmp_path: Path) -> None:
    context, said = Certificate(tmp_path).server_context(), b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal said
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"234 go\r\n")
        await writer.start_tls(context)
        said = await reader.read()

    async with listener(serve) as port:
        where = ftp(port, security="explicit_tls", timeout_seconds=5)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.RETRY, verdict.reason
    assert said == b""


async def test_a_data_connection_that_breaks_off_leaves_no_file() -> None:
    async def breaks_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listener(breaks_off) as data_port:
        words = {**SAID, "EPSV": f"229 (|||{data_port}|)", "taken": "426 broken off"}

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            said = "greeting"
            while said:
                writer.write(f"{words.get(said, '502 what')}\r\n".encode())
                if said == "STOR":
                    writer.write(f"{words['taken']}\r\n".encode())
                said = (await reader.readline()).decode().partition(" ")[0].strip()

        async with listener(serve) as port:
            verdict = await put_by_ftp(GUARD, ftp(port), "leads.csv", CONTENT * 500_000)
    assert verdict.outcome is Outcome.RETRY, verdict.reason


async def test_a_name_is_called_where_it_was_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = resolving(monkeypatch, {"files.example": ["127.0.0.1", "10.0.0.1"]})
    async with ftp_server(tmp_path) as port:
        where = ftp(port, host="files.example")
        assert (await put_by_ftp(GUARD, where, "a.csv", CONTENT)).outcome is Outcome.ACCEPT
        refused = await put_by_ftp(GUARD, where, "b.csv", CONTENT)
    assert refused.outcome is Outcome.ERROR
    assert len(asked) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
