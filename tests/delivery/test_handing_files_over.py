"""Files on real FTP, FTPS, SFTP and S3 servers, and what their trouble comes to."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import asyncssh
import pytest
from tests.delivery.buyers import Call, buyer, listener
from tests.delivery.drops import ftp, ftp_server, s3, s3_server, sftp, sftp_server, stored_object
from tests.delivery.mailboxes import GUARD
from tests.delivery.self_signed import Certificate

from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.file.ftp import put_by_ftp
from leadyard.delivery.transports.file.s3 import put_by_s3
from leadyard.delivery.transports.file.sftp import put_by_sftp

STRICT = AddressGuard()
CONTENT = b"name\r\nAnn\r\n" * 20_000


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    (made / "inbox").mkdir(parents=True)
    return made


@pytest.fixture(scope="module")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


async def test_ftp_takes_a_file_and_a_repeat_replaces_it(folder: Path) -> None:
    async with ftp_server(folder) as port:
        for content in (b"draft", CONTENT):
            verdict = await put_by_ftp(GUARD, ftp(port, folder="inbox"), "leads.csv", content)
            assert verdict.outcome is Outcome.ACCEPT, verdict
    assert [path.name for path in (folder / "inbox").iterdir()] == ["leads.csv"]
    assert (folder / "inbox" / "leads.csv").read_bytes() == CONTENT


async def test_ftp_over_tls_with_a_trusted_certificate(folder: Path, certificate: Certificate) -> None:
    async with ftp_server(folder, certificate.server_context()) as port:
        where = ftp(port, security="implicit_tls", ca_certificate=certificate.pem)
        verdict = await put_by_ftp(GUARD, where, "leads.csv", CONTENT)
        assert verdict.outcome is Outcome.ACCEPT, verdict
        distrusting = await put_by_ftp(GUARD, ftp(port, security="implicit_tls"), "other.csv", CONTENT)
    assert distrusting.outcome is Outcome.RETRY
    assert [path.name for path in folder.glob("*.csv")] == ["leads.csv"]


async def test_ftp_never_falls_back_to_an_open_connection(folder: Path) -> None:
    async with ftp_server(folder) as port:
        verdict = await put_by_ftp(GUARD, ftp(port, security="explicit_tls"), "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.ERROR
    assert list(folder.glob("*.csv")) == []


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"folder": "missing"}])
async def test_ftp_refusals_need_a_person(folder: Path, changes: dict[str, str]) -> None:
    async with ftp_server(folder) as port:
        verdict = await put_by_ftp(GUARD, ftp(port, **changes), "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.ERROR


async def test_an_ftp_server_cannot_send_the_data_connection_elsewhere() -> None:
    """The server names another machine in its PASV answer; the data still goes to the server itself."""
    taken = bytearray()

    async def data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.extend(await reader.read())

    async with listener(data) as data_port:
        answers = {
            "USER": "230 in", "TYPE": "200 ok", "EPSV": "500 no",
            "PASV": f"227 (10,1,2,3,{data_port // 256},{data_port % 256})", "RNFR": "350 ok", "RNTO": "250 ok",
        }  # fmt: skip

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 ready\r\n")
            while line := (await reader.readline()).decode():
                if line.startswith("STOR"):
                    writer.write(b"150 go\r\n")
                    await asyncio.sleep(0.2)
                    writer.write(b"226 taken\r\n")
                else:
                    writer.write(f"{answers.get(line[:4], '221 bye')}\r\n".encode())

        async with listener(serve) as port:
            verdict = await put_by_ftp(GUARD, ftp(port), "leads.csv", b"content")
    assert verdict.outcome is Outcome.ACCEPT, verdict
    assert bytes(taken) == b"content"


@pytest.mark.parametrize(
    ("stop_at", "outcome"), [("USER", Outcome.RETRY), ("STOR", Outcome.RETRY), ("RNTO", Outcome.UNKNOWN)]
)
async def test_an_ftp_connection_that_breaks(stop_at: str, outcome: Outcome) -> None:
    async def data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listener(data) as data_port:
        answers = {"USER": "230 in", "TYPE": "200 ok", "EPSV": f"229 (|||{data_port}|)", "RNFR": "350 ok"}

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 ready\r\n")
            while line := (await reader.readline()).decode():
                if line.startswith(stop_at):
                    return
                if line.startswith("STOR"):
                    writer.write(b"150 go\r\n226 taken\r\n")
                else:
                    writer.write(f"{answers.get(line[:4], '221 bye')}\r\n".encode())

        async with listener(serve) as port:
            verdict = await put_by_ftp(GUARD, ftp(port), "leads.csv", b"content")
    assert verdict.outcome is outcome, verdict


async def test_an_endless_ftp_answer_is_cut_off() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-more\r\n" * 100)
            await writer.drain()

    async with listener(serve) as port:
        verdict = await put_by_ftp(GUARD, ftp(port, timeout_seconds=20), "leads.csv", b"content")
    assert verdict.outcome is Outcome.RETRY
    assert "no end" in verdict.reason


async def test_sftp_takes_a_file_and_a_repeat_replaces_it(folder: Path, host_key: asyncssh.SSHKey) -> None:
    async with sftp_server(folder, host_key) as port:
        for content in (b"draft", CONTENT):
            verdict = await put_by_sftp(GUARD, sftp(port, host_key, folder="inbox"), "leads.csv", content)
            assert verdict.outcome is Outcome.ACCEPT, verdict
    assert [path.name for path in (folder / "inbox").iterdir()] == ["leads.csv"]
    assert (folder / "inbox" / "leads.csv").read_bytes() == CONTENT


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
async def test_sftp_with_a_private_key(
    folder: Path, host_key: asyncssh.SSHKey, passphrase: str | None
) -> None:
    own = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    text = own.export_private_key("pkcs8-pem", passphrase=passphrase).decode()
    async with sftp_server(folder, host_key, [own]) as port:
        where = sftp(port, host_key, private_key=text, password=passphrase or "")
        verdict = await put_by_sftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.ACCEPT, verdict
    assert (folder / "leads.csv").read_bytes() == CONTENT


async def test_sftp_never_talks_to_a_server_with_another_key(folder: Path, host_key: asyncssh.SSHKey) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    async with sftp_server(folder, host_key) as port:
        verdict = await put_by_sftp(GUARD, sftp(port, other), "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.ERROR
    assert list(folder.glob("*.csv")) == []


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"folder": "missing"}])
async def test_sftp_refusals_need_a_person(
    folder: Path, host_key: asyncssh.SSHKey, changes: dict[str, str]
) -> None:
    async with sftp_server(folder, host_key) as port:
        verdict = await put_by_sftp(GUARD, sftp(port, host_key, **changes), "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.ERROR, verdict
    assert "wrong" not in verdict.reason


async def test_an_sftp_server_that_dies_while_renaming(folder: Path, host_key: asyncssh.SSHKey) -> None:
    class Dying(asyncssh.SFTPServer):
        def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().posix_rename(oldpath, newpath)
            self.channel.get_connection().abort()

    async with sftp_server(
        folder, host_key, factory=lambda channel: Dying(channel, chroot=str(folder).encode())
    ) as port:
        verdict = await put_by_sftp(GUARD, sftp(port, host_key), "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.UNKNOWN, verdict


async def test_s3_takes_an_object_and_a_repeat_replaces_it() -> None:
    with s3_server() as endpoint:
        async with aiohttp.ClientSession() as session:
            await session.put(f"{endpoint}/leads")
            for content in (b"draft", CONTENT):
                verdict = await put_by_s3(GUARD, s3(endpoint), "leads.csv", content, "text/csv")
                assert verdict.outcome is Outcome.ACCEPT, verdict
        stored = await asyncio.to_thread(stored_object, endpoint, "leads", "in coming/new/leads.csv")
        assert stored == (CONTENT, "text/csv")
        missing = await put_by_s3(GUARD, s3(endpoint, bucket="missing"), "leads.csv", b"x", "text/csv")
    assert (missing.outcome, missing.status_code) == (Outcome.ERROR, 404)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("503 Slow Down", Outcome.RETRY), ("403 Forbidden", Outcome.ERROR), ("301 Moved", Outcome.ERROR)],
)
async def test_what_an_object_storage_answers(status: str, outcome: Outcome) -> None:
    async def script(call: Call) -> None:
        await call.answer("<Error/>", status)

    async with buyer(script) as storage:
        endpoint = storage.url.removesuffix("/leads")
        verdict = await put_by_s3(GUARD, s3(endpoint), "leads.csv", b"x", "text/csv")
    assert verdict.outcome is outcome
    assert "authorization: aws4-hmac-sha256" in storage.calls[0].head.lower()


async def test_an_object_storage_that_took_the_file_and_died() -> None:
    async def script(call: Call) -> None:
        call.writer.close()

    async with buyer(script) as storage:
        endpoint = storage.url.removesuffix("/leads")
        verdict = await put_by_s3(GUARD, s3(endpoint), "leads.csv", b"x", "text/csv")
    assert verdict.outcome is Outcome.UNKNOWN


async def test_no_destination_may_lie_inside_the_network(folder: Path, host_key: asyncssh.SSHKey) -> None:
    tries: list[Any] = [
        put_by_ftp(STRICT, ftp(1), "a.csv", b"x"),
        put_by_ftp(STRICT, ftp(1, host="localhost"), "a.csv", b"x"),
        put_by_sftp(STRICT, sftp(1, host_key), "a.csv", b"x"),
        put_by_s3(STRICT, s3("http://127.0.0.1:1"), "a.csv", b"x", "text/csv"),
        put_by_s3(STRICT, s3("http://localhost:1"), "a.csv", b"x", "text/csv"),
    ]
    assert [(await each).outcome for each in tries] == [Outcome.ERROR] * 5


async def test_a_refused_connection_is_tried_again(host_key: asyncssh.SSHKey) -> None:
    async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with listener(nobody) as port:
        pass
    tries: list[Any] = [
        put_by_ftp(GUARD, ftp(port), "a.csv", b"x"),
        put_by_sftp(GUARD, sftp(port, host_key), "a.csv", b"x"),
        put_by_s3(GUARD, s3(f"http://127.0.0.1:{port}"), "a.csv", b"x", "text/csv"),
    ]
    assert [(await each).outcome for each in tries] == [Outcome.RETRY] * 3


async def test_silence_ends_with_the_time_limit(host_key: asyncssh.SSHKey) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with listener(silent) as port:
        tries: list[Any] = [
            put_by_ftp(GUARD, ftp(port, timeout_seconds=1), "a.csv", b"x"),
            put_by_sftp(GUARD, sftp(port, host_key, timeout_seconds=1), "a.csv", b"x"),
            put_by_s3(GUARD, s3(f"http://127.0.0.1:{port}", timeout_seconds=1), "a.csv", b"x", "text/csv"),
        ]
        outcomes = [(await each).outcome for each in tries]
    assert outcomes == [Outcome.RETRY, Outcome.RETRY, Outcome.UNKNOWN]


async def test_explicit_tls_is_asked_for_before_the_log_in(certificate: Certificate) -> None:
    said: list[str] = []
    context: ssl.SSLContext = certificate.server_context()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        said.append((await reader.readline()).decode().strip())
        writer.write(b"234 go\r\n")
        await writer.start_tls(context)
        for answer in (b"200 ok\r\n", b"200 ok\r\n", b"530 who\r\n"):
            said.append((await reader.readline()).decode().strip())
            writer.write(answer)
        await asyncio.sleep(60)

    async with listener(serve) as port:
        where = ftp(port, security="explicit_tls", ca_certificate=certificate.pem)
        verdict = await put_by_ftp(GUARD, where, "a.csv", b"x")
    assert (verdict.outcome, verdict.status_code) == (Outcome.ERROR, 530)
    assert said == ["AUTH TLS", "PBSZ 0", "PROT P", "USER leads"]
