"""SFTP servers that misbehave, from the first byte to the rename: only while renaming may the file be there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from tests.delivery.buyers import listener
from tests.delivery.drops import sftp, sftp_server
from tests.delivery.mailboxes import GUARD
from tests.delivery.misbehaving import PATIENCE, resolving

from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.file.sftp import put_by_sftp

CONTENT = b"name\r\nAnn\r\n"
Fault = Callable[[Any], Awaitable[None]]


@pytest.fixture(scope="module")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


async def _slow_banner(writer: asyncio.StreamWriter) -> None:
    for character in b"SSH-2.0-slow and slower\r\n":
        writer.write(bytes([character]))
        await asyncio.sleep(0.1)


async def _endless_banner(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"welcome to a server of many words\r\n" * 100)
        await writer.drain()


async def _endless_line(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"SSH-2.0-" + b"x" * 10_000)
        await writer.drain()


async def _endless_packet(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-other\r\n\xff\xff\xff\xff")
    while True:
        writer.write(bytes(10_000))
        await writer.drain()


async def _endless_nothings(writer: asyncio.StreamWriter) -> None:
    """Sends SSH_MSG_IGNORE for ever, which every client has to put up with."""
    writer.write(b"SSH-2.0-other\r\n")
    while True:
        writer.write(b"\x00\x00\x00\x0c\x06\x02\x00\x00\x00\x00" + bytes(6))
        await writer.drain()
        await asyncio.sleep(0.001)


async def _no_ssh(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def _hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    "fault",
    [
        _slow_banner,
        _endless_banner,
        _endless_line,
        _endless_packet,
        _endless_nothings,
        _no_ssh,
        _hangs_up,
    ],
)
async def test_a_server_that_does_not_get_to_the_log_in_is_tried_again(
    fault: Callable[[asyncio.StreamWriter], Awaitable[None]], host_key: asyncssh.SSHKey
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await fault(writer)
        await reader.read()

    async with listener(serve) as port:
        verdict = await put_by_sftp(
            GUARD, sftp(port, host_key, timeout_seconds=PATIENCE), "leads.csv", CONTENT
        )
    assert verdict.outcome is Outcome.RETRY, verdict.reason


async def _silent(_server: asyncssh.SFTPServer) -> None:
    await asyncio.sleep(60)


async def _lost(server: asyncssh.SFTPServer) -> None:
    server.channel.get_connection().abort()
    await asyncio.sleep(60)


async def _full(_server: asyncssh.SFTPServer) -> None:
    raise asyncssh.SFTPFailure("the disk is full")


def _with_fault(step: str, fault: Fault, folder: Path) -> Callable[[Any], asyncssh.SFTPServer]:
    """Make servers that misbehave at one step of the protocol and do the rest well."""

    async def misbehave(server: asyncssh.SFTPServer, *arguments: Any) -> Any:
        await fault(server)
        return await getattr(asyncssh.SFTPServer, step)(server, *arguments)

    kind = type("Faulty", (asyncssh.SFTPServer,), {step: misbehave})
    return lambda channel: kind(channel, chroot=str(folder).encode())


@pytest.mark.parametrize(
    ("step", "fault", "outcome"),
    [
        ("open", _silent, Outcome.RETRY),
        ("write", _silent, Outcome.RETRY),
        ("close", _silent, Outcome.RETRY),
        ("posix_rename", _silent, Outcome.UNKNOWN),
        ("open", _lost, Outcome.RETRY),
        ("write", _lost, Outcome.RETRY),
        ("close", _lost, Outcome.RETRY),
        ("posix_rename", _lost, Outcome.UNKNOWN),
        ("open", _full, Outcome.ERROR),
        ("write", _full, Outcome.ERROR),
        ("close", _full, Outcome.ERROR),
        ("posix_rename", _full, Outcome.ERROR),
    ],
)
async def test_a_server_that_fails_at_a_step(
    step: str, fault: Fault, outcome: Outcome, host_key: asyncssh.SSHKey, tmp_path: Path
) -> None:
    async with sftp_server(tmp_path, host_key, factory=_with_fault(step, fault, tmp_path)) as port:
        patience = PATIENCE * 2 if fault is _silent else 10
        where = sftp(port, host_key, timeout_seconds=patience)
        async with asyncio.timeout(30):
            verdict = await put_by_sftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is outcome, verdict.reason
    assert not (tmp_path / "leads.csv").exists()


async def test_a_server_that_renames_and_then_says_nothing_has_the_file(
    host_key: asyncssh.SSHKey, tmp_path: Path
) -> None:
    class Dozing(asyncssh.SFTPServer):
        async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().posix_rename(oldpath, newpath)
            await asyncio.sleep(60)

    factory = lambda channel: Dozing(channel, chroot=str(tmp_path).encode())  # noqa: E731
    async with sftp_server(tmp_path, host_key, factory=factory) as port:
        where = sftp(port, host_key, timeout_seconds=PATIENCE * 2)
        verdict = await put_by_sftp(GUARD, where, "leads.csv", CONTENT)
    assert verdict.outcome is Outcome.UNKNOWN, verdict.reason
    assert (tmp_path / "leads.csv").read_bytes() == CONTENT


async def test_a_name_is_called_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, host_key: asyncssh.SSHKey, tmp_path: Path
) -> None:
    asked = resolving(monkeypatch, {"files.example": ["127.0.0.1", "10.0.0.1"]})
    async with sftp_server(tmp_path, host_key) as port:
        where = sftp(port, host_key, host="files.example")
        assert (await put_by_sftp(GUARD, where, "a.csv", CONTENT)).outcome is Outcome.ACCEPT
        refused = await put_by_sftp(GUARD, where, "b.csv", CONTENT)
    assert refused.outcome is Outcome.ERROR
    assert len(asked) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
