"""Hands one e-mail to an SMTP server and tells a message that was surely not taken from one that may have been."""

import asyncio
import contextlib
import re
import ssl
from http import HTTPStatus

import msgspec
from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from leadyard.delivery.connecting import BadCertificateError, connect, in_words, tls_context
from leadyard.delivery.guard import AddressGuard, AddressRefusedError
from leadyard.delivery.kinds import MailServerSettings
from leadyard.delivery.model import RESPONSE_TEXT_LIMIT, Outcome, Verdict
from leadyard.delivery.transports.email.message import Mail

_PORTS = {"none": 25, "starttls": 587, "tls": 465}
_GO_AHEAD = 354
_LINE_START_DOT = re.compile(rb"(?m)^\.")
_BEFORE_CONTENT = 0.6
"""The share of the time that may pass until the server asks for the content; the rest is for its last answer."""
_FAREWELL_SECONDS = 2


class _Progress(msgspec.Struct):
    """How far a conversation came."""

    stage: str = "connecting"
    content_left: bool = False


async def send_mail(guard: AddressGuard, server: MailServerSettings, mail: Mail) -> Verdict:
    """Send an e-mail to all its recipients or to none; trouble becomes a verdict, never an exception.

    `accept`: 2xx after the content. `retry`: 4xx at any time, or no connection, no TLS, no answer in time before the
    content left. `reject`: 5xx for a recipient or for the content. `error`: 5xx for the log-in or the sender, a
    refused address: the set-up has to change. `unknown`: the content left and no whole answer came.
    """
    progress = _Progress()
    client: SMTP | None = None
    try:
        async with asyncio.timeout(server.timeout_seconds * _BEFORE_CONTENT):
            client = await _open(guard, server, progress)
            await _envelope(client, mail, progress)
        async with asyncio.timeout(server.timeout_seconds * (1 - _BEFORE_CONTENT)):
            return await _content(client, mail, progress)
    except (AddressRefusedError, BadCertificateError, SMTPNotSupported) as error:
        return Verdict(Outcome.ERROR, f"While {progress.stage}: {in_words(error)}")
    except SMTPRecipientRefused as error:
        return _refusal(error.code, error.message, progress, Outcome.REJECT)
    except SMTPResponseException as error:
        if progress.content_left:
            return _uncertain(error)
        return _refusal(error.code, str(error.message), progress, Outcome.ERROR)
    except (SMTPException, OSError, TimeoutError, ValueError) as error:
        if progress.content_left:
            return _uncertain(error)
        return Verdict(Outcome.RETRY, f"Nothing was sent; while {progress.stage}: {in_words(error)}")
    finally:
        if client is not None:
            await _part(client)


async def _open(guard: AddressGuard, server: MailServerSettings, progress: _Progress) -> SMTP:
    context = None if server.security == "none" else tls_context(server.ca_certificate)
    opened = await connect(guard, server.host, server.port or _PORTS[server.security])
    client = SMTP(
        hostname=server.host,
        sock=opened,
        use_tls=server.security == "tls",
        start_tls=False,
        tls_context=context,
        timeout=server.timeout_seconds,
        local_hostname=server.from_address.rpartition("@")[2],
    )
    try:
        progress.stage = "greeting the server"
        await client.connect()
        if server.security == "starttls":
            progress.stage = "starting TLS"
            await _start_tls(client, context)
        if server.username:
            progress.stage = "logging in"
            await client.login(server.username, server.password)
    except BaseException:
        client.close()
        opened.close()
        raise
    return client


async def _start_tls(client: SMTP, context: ssl.SSLContext | None) -> None:
    await client.ehlo()
    if not client.supports_extension("starttls"):
        raise SMTPNotSupported("the server offers no TLS, and nothing goes out in the open")
    await client.starttls(tls_context=context)


async def _envelope(client: SMTP, mail: Mail, progress: _Progress) -> None:
    """Name the sender and all recipients, and ask to send: one refused recipient refuses the message."""
    progress.stage = "naming the sender"
    await client.ehlo()
    await client.mail(mail.sender)
    progress.stage = "naming the recipients"
    for recipient in mail.recipients:
        await client.rcpt(recipient)
    progress.stage = "asking to send"
    response = await client.execute_command(b"DATA")
    if response.code != _GO_AHEAD:
        raise SMTPResponseException(response.code, response.message)


async def _content(client: SMTP, mail: Mail, progress: _Progress) -> Verdict:
    protocol = client.protocol
    if protocol is None:
        raise ConnectionResetError("the connection was lost")
    progress.stage, progress.content_left = "sending the message", True
    protocol.write(_LINE_START_DOT.sub(b"..", mail.content) + b".\r\n")
    response = await protocol.read_response()
    text = in_words(ValueError(response.message))
    if HTTPStatus.OK <= response.code < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict(Outcome.ACCEPT, text, response.code, response_text=text, buyer_reference=text[:255])
    if 400 <= response.code < 600:  # noqa: PLR2004 - SMTP's classes of refusals
        return _refusal(response.code, response.message, progress, Outcome.REJECT)
    return _uncertain(ValueError(f"{response.code} {response.message}"))


def _refusal(code: int, message: str, progress: _Progress, permanent: Outcome) -> Verdict:
    """Judge an answer that is no success: 5xx is for good, anything else passes."""
    words = in_words(ValueError(message))
    outcome = permanent if 500 <= code < 600 else Outcome.RETRY  # noqa: PLR2004 - SMTP's class of permanent refusals
    return Verdict(
        outcome,
        f"While {progress.stage}: {code} {words}",
        code if code > 0 else None,
        response_text=words[:RESPONSE_TEXT_LIMIT],
    )


def _uncertain(error: BaseException) -> Verdict:
    return Verdict(
        Outcome.UNKNOWN,
        f"The message left and no whole answer came; it may have been taken ({in_words(error)})",
    )


async def _part(client: SMTP) -> None:
    """Take leave of the server; what it says to that changes nothing."""
    with contextlib.suppress(SMTPException, OSError, TimeoutError, ValueError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await client.quit()
    client.close()
