"""The carriers of kinds that need the account's own mail servers, gateways or campaigns."""

from collections.abc import Mapping

from leadyard.campaigns.model import DeliveryKind
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.sending import Sending
from leadyard.delivery.service import SendingCarrier
from leadyard.delivery.transports.email import EmailTransport
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.sms import SmsTransport
from leadyard.delivery.transports.transfer import TransferTransport
from leadyard.delivery.transports.transfer.transport import Submit
from leadyard.storage.database import Database


def account_carriers(
    database: Database, http: HttpTransport, guard: AddressGuard, submit: Submit
) -> Mapping[DeliveryKind, SendingCarrier]:
    """Make the carriers of a worker process by kind."""
    emails, messages = EmailTransport(guard), SmsTransport(http)
    transfers = TransferTransport(database, submit)

    async def email(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:
        settings = sending.delivery.settings.email
        if settings is None:
            return Verdict(Outcome.ERROR, "the delivery has no e-mail")
        server = sending.setup.mail_servers.get(settings.server_id)
        return await emails.deliver(server, settings, values, idempotency_key=key)

    async def sms(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:
        settings = sending.delivery.settings.sms
        if settings is None:
            return Verdict(Outcome.ERROR, "the delivery has no text message")
        gateway = sending.setup.sms_gateways.get(settings.gateway_id)
        return await messages.deliver(gateway, settings, values, idempotency_key=key)

    async def transfer(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:  # noqa: ARG001 - the claim is the key
        return await transfers.deliver(sending, values)

    return {
        DeliveryKind.EMAIL: email,
        DeliveryKind.SMS: sms,
        DeliveryKind.FILE: _queue_for_file,
        DeliveryKind.TRANSFER: transfer,
    }


async def _queue_for_file(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:  # noqa: ARG001 - the shape of all carriers
    """Accept the lead: the same unit of work that books the sale puts it into the delivery's queue."""
    if sending.delivery.settings.file is None:
        return Verdict(Outcome.ERROR, "the delivery has no file")
    return Verdict(Outcome.ACCEPT, "Queued for the next file", details={"file": True})
