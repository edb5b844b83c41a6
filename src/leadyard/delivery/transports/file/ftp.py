"""Puts a file on an FTP or FTPS server: under a temporary name, then renamed."""

import asyncio
import contextlib
import ssl

import aioftp
from aioftp.common import Code, SSLSessionBoundContext

from leadyard.delivery.connecting import BadCertificateError, connect, in_words, tls_context
from leadyard.delivery.guard import AddressGuard, AddressRefusedError
from leadyard.delivery.kinds import FtpDestination
from leadyard.delivery.model import Outcome, Verdict

_PORTS = {"none": 21, "explicit_tls": 21, "implicit_tls": 990}
_BLOCK = 65_536
_MOST_ANSWERED = 262_144
"""Bytes of answers in one hand-over: an endless answer must not fill the memory."""


class _EndlessAnswerError(ConnectionError):
    """The server says more than any server has to say."""


class _Client(aioftp.Client):
    """An FTP client that only calls checked addresses.

    The data connection goes to the address of the control connection, whatever address the server names.
    """

    def __init__(self, guard: AddressGuard, host: str, context: ssl.SSLContext | None) -> None:
        super().__init__(ssl=context)
        self._guard = guard
        self._host = host
        self._address = ""
        self._answered = 0

    async def _open_connection(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        opened = await connect(self._guard, self._address or host, port)
        self._address = opened.getpeername()[0]
        context = self._context()
        try:
            return await asyncio.open_connection(
                sock=opened, ssl=context, server_hostname=None if context is None else self._host
            )
        except BaseException:
            opened.close()
            raise

    def _context(self) -> ssl.SSLContext | None:
        """Give the context of a new connection; many servers want the data connection to resume the session."""
        control = None if self._stream is None else self._stream.writer.transport.get_extra_info("ssl_object")
        if control is None:
            return self.ssl if isinstance(self.ssl, ssl.SSLContext) else None
        return SSLSessionBoundContext(
            ssl.PROTOCOL_TLS_CLIENT, context=control.context, session=control.session
        )

    async def parse_line(self) -> tuple[Code, str]:
        code, rest = await super().parse_line()
        self._answered += len(rest)
        if self._answered > _MOST_ANSWERED:
            raise _EndlessAnswerError("the server's answer has no end")
        return code, rest


async def put_by_ftp(guard: AddressGuard, where: FtpDestination, name: str, content: bytes) -> Verdict:
    """Put a file; putting the same file again replaces it, so doubt is settled by doing so."""
    stage = ["connecting"]
    client: _Client | None = None
    try:
        context = None if where.security == "none" else tls_context(where.ca_certificate)
        client = _Client(guard, where.host, context if where.security == "implicit_tls" else None)
        async with asyncio.timeout(where.timeout_seconds):
            await _put(client, where, context, name, content, stage)
    except (AddressRefusedError, BadCertificateError) as error:
        return Verdict(Outcome.ERROR, f"While {stage[0]}: {in_words(error)}")
    except aioftp.StatusCodeError as error:
        return _refusal(error, stage[0])
    except (aioftp.AIOFTPException, OSError, TimeoutError, ValueError, EOFError) as error:
        if stage[0] == "renaming":
            return Verdict(Outcome.UNKNOWN, f"The file may be there: while renaming: {in_words(error)}")
        return Verdict(Outcome.RETRY, f"The file is not there: while {stage[0]}: {in_words(error)}")
    finally:
        if client is not None:
            client.close()
    return Verdict(Outcome.ACCEPT, "Put and renamed")


async def _put(
    client: _Client,
    where: FtpDestination,
    context: ssl.SSLContext | None,
    name: str,
    content: bytes,
    stage: list[str],
) -> None:
    await client.connect(where.host, where.port or _PORTS[where.security])
    if where.security == "explicit_tls":
        stage[0] = "starting TLS"
        await client.upgrade_to_tls(context)
    stage[0] = "logging in"
    await client.login(where.username, where.password)
    if where.security == "implicit_tls":
        await client.command("PBSZ 0", "200")
        await client.command("PROT P", "200")
    if where.folder:
        stage[0] = "changing the folder"
        await client.change_directory(where.folder)
    stage[0] = "sending"
    draft = f".{name}.part"
    async with client.upload_stream(draft) as stream:
        for start in range(0, len(content), _BLOCK):
            await stream.write(content[start : start + _BLOCK])
    stage[0] = "renaming"
    await _rename(client, draft, name)
    with contextlib.suppress(aioftp.AIOFTPException, OSError, ValueError):
        await client.quit()


async def _rename(client: _Client, draft: str, name: str) -> None:
    try:
        await client.rename(draft, name)
    except aioftp.StatusCodeError as error:
        # Some servers do not rename over a file that is there, such as our own from a try before.
        if not error.received_codes[-1].matches("5xx"):
            raise
        await client.remove_file(name)
        await client.rename(draft, name)


def _refusal(error: aioftp.StatusCodeError, stage: str) -> Verdict:
    code = str(error.received_codes[-1])
    words = in_words(ValueError(" ".join(error.info)))
    outcome = Outcome.ERROR if code.startswith("5") else Outcome.RETRY
    return Verdict(outcome, f"While {stage}: {code}{words}", int(code) if code.isdigit() else None)
