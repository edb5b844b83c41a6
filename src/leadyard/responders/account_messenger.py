"""Hands responders' messages to the mail server and the SMS gateway that their account has set up."""

from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid

from leadyard.campaigns.model import MailServer, SmsGateway, Status
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.transports.email.message import Mail, is_address
from leadyard.delivery.transports.email.smtp import send_mail
from leadyard.delivery.transports.http import HttpTransport
from leadyard.kit.ids import new_uuid

_NO_SERVER = "The mail server is not active, or there is none"
_NO_GATEWAY = "The SMS gateway is not active, or there is none"


class AccountMessenger:
    """The messenger of one account, over a mail server and a gateway of its own; over none that is not active."""

    def __init__(
        self,
        server: MailServer | None,
        gateway: SmsGateway | None,
        guard: AddressGuard,
        transport: HttpTransport,
    ) -> None:
        """Take what the account has, and the process's clients."""
        self._server = server if server is not None and server.status is Status.ACTIVE else None
        self._gateway = gateway if gateway is not None and gateway.status is Status.ACTIVE else None
        self._guard, self._transport = guard, transport

    async def send_email(
        self, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
    ) -> Verdict:
        """Send one e-mail; what is lost after its content began to leave is unknown."""
        if self._server is None:
            return Verdict(Outcome.RETRY, _NO_SERVER)
        if not is_address(to):
            return Verdict(Outcome.ERROR, "The recipient is no e-mail address")
        settings = self._server.settings
        try:
            sender = Address(settings.from_name, addr_spec=settings.from_address)
            message = composed(sender, to, subject, text, html, headers)
            content = message.as_bytes(policy=SMTP)
        except (MessageError, ValueError) as error:
            return Verdict(Outcome.ERROR, f"The e-mail cannot be written: {error}")
        return await send_mail(self._guard, settings, Mail(settings.from_address, (to,), content, ""))

    async def send_sms(self, to: str, text: str) -> Verdict:
        """Send one text message and judge the gateway's answer."""
        if self._gateway is None:
            return Verdict(Outcome.RETRY, _NO_GATEWAY)
        settings = self._gateway.settings
        values = {"sms.to": to, "sms.text": text, "sms.from": settings.sender}
        return await self._transport.deliver(
            settings.http, settings.answers, values, idempotency_key=str(new_uuid())
        )


def composed(
    sender: Address, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
) -> EmailMessage:
    """Write an e-mail; raises ValueError and MessageError for what no header can hold."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.domain)
    for name, value in headers.items():
        message[name] = value
    if text or not html:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message
