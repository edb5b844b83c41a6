"""E-mails over SMTP (RFC 5321), one connection each."""

import email.utils
from collections.abc import Mapping
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, Literal

import aiosmtplib
import msgspec
from msgspec import Meta

from leadyard.delivery.model import Outcome, Verdict

_PERMANENT = 500
_NO_TEXT_MESSAGES = "This mail server carries no text messages"


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server; starttls and tls never fall back to an open connection."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = ""
    sender: str
    timeout_seconds: Annotated[int, Meta(ge=1, le=300)] = 30


class SmtpMessenger:
    """Hands e-mails to one mail server."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Take the server's settings."""
        self._settings = settings

    async def send_email(
        self, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
    ) -> Verdict:
        """Send one e-mail; what is lost after the text of it began to leave is unknown."""
        try:
            message = composed(self._settings.sender, to, subject, text, html, headers)
            written = message.as_bytes(policy=SMTP)
            to.encode("ascii")
        except (MessageError, ValueError) as error:
            return Verdict(Outcome.ERROR, f"The e-mail cannot be written: {error}")
        client = aiosmtplib.SMTP(
            hostname=self._settings.host,
            port=self._settings.port,
            timeout=self._settings.timeout_seconds,
            use_tls=self._settings.security == "tls",
            start_tls=self._settings.security == "starttls",
            username=self._settings.username or None,
            password=self._settings.password or None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Verdict(Outcome.RETRY, f"No connection to the mail server ({_words(error)})")
        try:
            return await self._hand_over(client, to, written, message["Message-ID"])
        finally:
            client.close()

    async def send_sms(self, to: str, text: str) -> Verdict:  # noqa: ARG002 - the shape of all messengers
        """Refuse: a mail server cannot."""
        return Verdict(Outcome.ERROR, _NO_TEXT_MESSAGES)

    async def _hand_over(self, client: aiosmtplib.SMTP, to: str, written: bytes, reference: str) -> Verdict:
        try:
            await client.mail(_address(self._settings.sender))
            await client.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Verdict(Outcome.RETRY, f"The mail server went away ({_words(error)})")
        try:
            answer = await client.data(written)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Verdict(Outcome.UNKNOWN, f"The mail server may have the e-mail ({_words(error)})")
        return Verdict(Outcome.ACCEPT, "Taken over", buyer_reference=reference, response_text=answer.message)


def composed(
    sender: str, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
) -> EmailMessage:
    """Write an e-mail; raises ValueError and MessageError for what no header can hold."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = email.utils.localtime()
    message["Message-ID"] = email.utils.make_msgid(domain=_address(sender).rpartition("@")[2])
    for name, value in headers.items():
        message[name] = value
    if text or not html:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def _address(sender: str) -> str:
    return email.utils.parseaddr(sender)[1]


def _refused(error: aiosmtplib.SMTPResponseException) -> Verdict:
    outcome = Outcome.REJECT if error.code >= _PERMANENT else Outcome.RETRY
    return Verdict(outcome, f"The mail server answered {error.code} {error.message}"[:300])


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
