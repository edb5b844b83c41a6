"""Real servers on loopback that files are handed over to: FTP, FTPS, SFTP, S3."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aioftp
import asyncssh
import botocore.session  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

from leadyard.delivery.kinds import FtpDestination, S3Destination, SftpDestination


@asynccontextmanager
async def ftp_server(folder: Path, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run an FTP server, with TLS from the first byte when there is a context; gives the port."""
    user = aioftp.User("leads", "secret", base_path=folder, home_path="/")
    server = aioftp.Server([user], ssl=tls)
    await server.start("127.0.0.1", 0)
    try:
        yield server.server_port
    finally:
        await server.close()


def ftp(port: int, **changes: Any) -> FtpDestination:
    usual = {
        "host": "127.0.0.1", "port": port, "security": "none", "username": "leads", "password": "secret",
        "timeout_seconds": 5,
    }  # fmt: skip
    return FtpDestination(**{**usual, **changes})


class SshServer(asyncssh.SSHServer):
    """Lets `leads` in by password or by key."""

    def __init__(self, keys: list[asyncssh.SSHKey]) -> None:
        self._keys = keys

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's shape
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("leads", "secret")

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "leads" and key.export_public_key() in [k.export_public_key() for k in self._keys]


@asynccontextmanager
async def sftp_server(
    folder: Path, host_key: asyncssh.SSHKey, keys: list[asyncssh.SSHKey] | None = None, factory: Any = None
) -> AsyncIterator[int]:
    """Run an SFTP server whose root is a folder; gives the port."""
    server = await asyncssh.create_server(
        lambda: SshServer(keys or []),
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        sftp_factory=factory or (lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode())),
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


def sftp(port: int, host_key: asyncssh.SSHKey, **changes: Any) -> SftpDestination:
    usual = {
        "host": "127.0.0.1", "port": port, "username": "leads", "password": "secret", "timeout_seconds": 5,
        "host_key": host_key.export_public_key().decode(),
    }  # fmt: skip
    return SftpDestination(**{**usual, **changes})


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's S3; gives its endpoint."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def stored_object(endpoint: str, bucket: str, key: str) -> tuple[bytes, str]:
    """Read an object back by the vendor's own client, as (bytes, media type)."""
    client = botocore.session.get_session().create_client(
        "s3", "us-east-1", endpoint_url=endpoint, aws_access_key_id="AKIA", aws_secret_access_key="secret"
    )
    found = client.get_object(Bucket=bucket, Key=key)
    content: bytes = found["Body"].read()
    client.close()
    return content, str(found["ContentType"])


def s3(endpoint: str, **changes: Any) -> S3Destination:
    usual = {
        "endpoint": endpoint, "bucket": "leads", "folder": "in coming/new", "access_key": "AKIA",
        "secret": "secret", "timeout_seconds": 5,
    }  # fmt: skip
    return S3Destination(**{**usual, **changes})
