"""Puts a file on an SFTP server whose host key is pinned: under a temporary name, then renamed."""

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from leadyard.delivery.connecting import connect, in_words
from leadyard.delivery.guard import AddressGuard, AddressRefusedError
from leadyard.delivery.kinds import SftpDestination
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.transports.file.keys import BadKeyError, host_key, private_key

if TYPE_CHECKING:
    from asyncssh import SFTPClient

_PORT = 22


async def put_by_sftp(guard: AddressGuard, where: SftpDestination, name: str, content: bytes) -> Verdict:
    """Put a file; putting the same file again replaces it, so doubt is settled by doing so."""
    # Imported when first needed: the library is large, and only SFTP destinations need it.
    import asyncssh  # noqa: PLC0415

    stage = ["connecting"]
    opened: socket.socket | None = None
    try:
        async with asyncio.timeout(where.timeout_seconds):
            opened = await connect(guard, where.host, where.port or _PORT)
            stage[0] = "logging in"
            await _put(opened, where, name, content, stage)
    except (
        AddressRefusedError,
        BadKeyError,
        asyncssh.HostKeyNotVerifiable,
        asyncssh.PermissionDenied,
        asyncssh.KeyExchangeFailed,
    ) as error:
        return Verdict(Outcome.ERROR, f"While {stage[0]}: {in_words(error)}")
    except asyncssh.SFTPError as error:
        lost = isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection)
        return _trouble(Outcome.RETRY if lost else Outcome.ERROR, stage[0], error)
    except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
        return _trouble(Outcome.RETRY, stage[0], error)
    finally:
        if opened is not None:
            opened.close()
    return Verdict(Outcome.ACCEPT, "Put and renamed")


async def _put(
    opened: socket.socket, where: SftpDestination, name: str, content: bytes, stage: list[str]
) -> None:
    import asyncssh  # noqa: PLC0415 - as above

    own = private_key(where)
    connection = await asyncssh.connect(
        where.host,
        sock=opened,
        username=where.username,
        password=where.password if own is None else None,
        client_keys=[] if own is None else [own],
        known_hosts=([host_key(where)], [], []),
        config=[],
        agent_path=None,
        gss_host=None,
    )
    try:
        stage[0] = "opening SFTP"
        client = await connection.start_sftp_client()
        folder = where.folder.rstrip("/")
        draft, final = (f"{folder}/{each}" if where.folder else each for each in (f".{name}.part", name))
        stage[0] = "sending"
        # Closed only when all went well: a server that does not answer any more would not answer to that either.
        file = await client.open(draft, "wb")
        await file.write(content)
        await file.close()
        stage[0] = "renaming"
        await _rename(client, draft, final)
    finally:
        connection.abort()


async def _rename(client: "SFTPClient", draft: str, final: str) -> None:
    import asyncssh  # noqa: PLC0415 - as above

    try:
        await client.posix_rename(draft, final)
    except asyncssh.SFTPOpUnsupported:
        # The protocol's own rename does not replace a file that is there, such as ours from a try before.
        with contextlib.suppress(asyncssh.SFTPNoSuchFile):
            await client.remove(final)
        await client.rename(draft, final)


def _trouble(outcome: Outcome, stage: str, error: BaseException) -> Verdict:
    if stage == "renaming" and outcome is Outcome.RETRY:
        return Verdict(Outcome.UNKNOWN, f"The file may be there: while renaming: {in_words(error)}")
    return Verdict(outcome, f"The file is not there: while {stage}: {in_words(error)}")
