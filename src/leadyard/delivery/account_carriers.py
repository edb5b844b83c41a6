"""The carriers of kinds that need the account's own mail servers, gateways or campaigns."""

from collections.abc import Awaitable, Callable, Mapping

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings, MailServer, SmsGateway, Status
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.sending import Sending
from leadyard.delivery.service import Carrier, SendingCarrier
from leadyard.delivery.transports.email import EmailTransport
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.sms import SmsTransport
from leadyard.delivery.transports.transfer import TransferTransport
from leadyard.delivery.transports.transfer.transport import Submit
from leadyard.storage.database import Database

TrialCarrier = Callable[[int, DeliverySettings, Mapping[str, str], str], Awaitable[Verdict]]
"""Carries a made-up lead of an account, as template values under an idempotency key."""


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
        server = mail_server_of(sending.setup, settings.server_id)
        return await emails.deliver(server, settings, values, idempotency_key=key)

    async def sms(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:
        settings = sending.delivery.settings.sms
        if settings is None:
            return Verdict(Outcome.ERROR, "the delivery has no text message")
        gateway = sms_gateway_of(sending.setup, settings.gateway_id)
        return await messages.deliver(gateway, settings, values, idempotency_key=key)

    async def transfer(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:  # noqa: ARG001 - the claim is the key
        return await transfers.deliver(sending, values)

    return {
        DeliveryKind.EMAIL: email,
        DeliveryKind.SMS: sms,
        DeliveryKind.FILE: _queue_for_file,
        DeliveryKind.TRANSFER: transfer,
    }


def mail_server_of(setup: AccountSetup, server_id: int | None) -> MailServer | None:
    """Find the mail server that is named, else the account's first active one."""
    if server_id is not None:
        return setup.mail_servers.get(server_id)
    return next((one for one in setup.mail_servers.values() if one.status is Status.ACTIVE), None)


def sms_gateway_of(setup: AccountSetup, gateway_id: int | None) -> SmsGateway | None:
    """Find the gateway that is named, else the account's first active one."""
    if gateway_id is not None:
        return setup.sms_gateways.get(gateway_id)
    return next((one for one in setup.sms_gateways.values() if one.status is Status.ACTIVE), None)


def trial_carriers(
    configuration: Configuration,
    http: HttpTransport,
    guard: AddressGuard,
    plain: Mapping[DeliveryKind, Carrier],
) -> Mapping[DeliveryKind, TrialCarrier]:
    """Make what carries the made-up lead of a delivery's test, by kind; `plain` need only the delivery's settings."""
    emails, messages = EmailTransport(guard), SmsTransport(http)

    async def email(
        account_id: int, settings: DeliverySettings, values: Mapping[str, str], key: str
    ) -> Verdict:
        if settings.email is None:
            return Verdict(Outcome.ERROR, "the delivery has no e-mail")
        server = mail_server_of(await configuration.current(account_id), settings.email.server_id)
        return await emails.deliver(server, settings.email, values, idempotency_key=key)

    async def sms(
        account_id: int, settings: DeliverySettings, values: Mapping[str, str], key: str
    ) -> Verdict:
        if settings.sms is None:
            return Verdict(Outcome.ERROR, "the delivery has no text message")
        gateway = sms_gateway_of(await configuration.current(account_id), settings.sms.gateway_id)
        return await messages.deliver(gateway, settings.sms, values, idempotency_key=key)

    def without_account(carry: Carrier) -> TrialCarrier:
        return lambda _, settings, values, key: carry(settings, values, key)

    return {
        **{kind: without_account(carry) for kind, carry in plain.items()},
        DeliveryKind.EMAIL: email,
        DeliveryKind.SMS: sms,
        DeliveryKind.FILE: _nothing_to_send,
        DeliveryKind.TRANSFER: _nothing_to_send,
    }


async def _nothing_to_send(
    account_id: int,  # noqa: ARG001 - the shape of all
    settings: DeliverySettings,
    values: Mapping[str, str],  # noqa: ARG001
    key: str,  # noqa: ARG001
) -> Verdict:
    """Pass what a made-up lead must not reach: a buyer's next file, or another campaign."""
    return Verdict(
        Outcome.ACCEPT, f"A test sends nothing by {settings.kind}; its preview shows what would go"
    )


async def _queue_for_file(sending: Sending, values: Mapping[str, str], key: str) -> Verdict:  # noqa: ARG001 - the shape of all carriers
    """Accept the lead: the same unit of work that books the sale puts it into the delivery's queue."""
    if sending.delivery.settings.file is None:
        return Verdict(Outcome.ERROR, "the delivery has no file")
    return Verdict(Outcome.ACCEPT, "Queued for the next file", details={"file": True})
