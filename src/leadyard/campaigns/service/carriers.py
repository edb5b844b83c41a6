"""Mail servers and SMS gateways: what the account's e-mails and text messages leave by."""

from collections.abc import Mapping

from leadyard.campaigns.inputs import (
    DeliveryInput,
    MailServerInput,
    MailServerRecord,
    SmsGatewayInput,
    SmsGatewayRecord,
)
from leadyard.campaigns.kind_checks import gateway_problems, server_problems
from leadyard.campaigns.kind_previews import email_preview, file_preview, sms_preview, transfer_preview
from leadyard.campaigns.model import DeliverySettings, Status
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.noun import InputT, Noun, RecordT
from leadyard.campaigns.store import rows
from leadyard.delivery.kinds import EmailDestination
from leadyard.delivery.model import PreparedRequest
from leadyard.kit.errors import ConflictError, FieldProblem
from leadyard.storage.database import Connection
from leadyard.storage.tables import carriers


class MailServers(Noun[MailServerInput, MailServerRecord]):
    """SMTP servers."""

    entity = "mail server"
    table = carriers.mail_servers
    input = MailServerInput
    record = MailServerRecord

    def problems(self, wanted: MailServerInput) -> list[FieldProblem]:
        """Check the address and the certificates."""
        return server_problems(wanted)


class SmsGateways(Noun[SmsGatewayInput, SmsGatewayRecord]):
    """SMS gateways."""

    entity = "gateway"
    table = carriers.sms_gateways
    input = SmsGatewayInput
    record = SmsGatewayRecord

    def problems(self, wanted: SmsGatewayInput) -> list[FieldProblem]:
        """Check the request and the answer rules."""
        return gateway_problems(wanted)


mail_servers = MailServers()
sms_gateways = SmsGateways()


async def preview_of_kind(
    connection: Connection, account_id: int, settings: DeliverySettings, values: Mapping[str, str]
) -> tuple[PreparedRequest | None, list[str]]:
    """Show what a delivery of these kinds would send, with warnings; None for any other kind.

    Raises UnfitValueError for values that do not fit where the templates put them.
    """
    if settings.email is not None:
        server = await _named_or_first(mail_servers, connection, account_id, settings.email.server_id)
        return email_preview(settings.email, server, values), []
    if settings.sms is not None:
        gateway = await _named_or_first(sms_gateways, connection, account_id, settings.sms.gateway_id)
        request, size = sms_preview(settings.sms, gateway, values)
        return request, [size]
    if settings.file is not None:
        return file_preview(settings.file, values), []
    if settings.transfer is not None:
        return transfer_preview(settings.transfer, values), []
    return None, []


async def _named_or_first(
    noun: Noun[InputT, RecordT], connection: Connection, account_id: int, row_id: int | None
) -> RecordT:
    if row_id is not None:
        return await noun.find(connection, account_id, row_id)
    found, _ = await rows.page(connection, noun.table, account_id, {"status": Status.ACTIVE}, 1, 0)
    if not found:
        raise ConflictError("settings", f"name no {noun.entity}, and the account has no active one")
    return (await noun.records(connection, account_id, found))[0]


async def missing_carriers(
    connection: Connection, account_id: int, wanted: DeliveryInput
) -> list[FieldProblem]:
    """Name what a delivery of these kinds refers to and this account does not have."""
    settings, problems = wanted.settings, []
    servers: dict[str, int | None] = (
        {} if settings.email is None else {"settings.email": settings.email.server_id}
    )
    if settings.file is not None and isinstance(settings.file.destination, EmailDestination):
        servers["settings.file.destination"] = settings.file.destination.server_id
    for path, server_id in servers.items():
        if server_id is not None and not await mail_servers.exists(connection, account_id, server_id):
            problems.append(FieldProblem(f"{path}.server_id", "does not exist"))
    gateway_id = None if settings.sms is None else settings.sms.gateway_id
    if gateway_id is not None and not await sms_gateways.exists(connection, account_id, gateway_id):
        problems.append(FieldProblem("settings.sms.gateway_id", "does not exist"))
    if settings.transfer is not None and settings.transfer.campaign_id == wanted.campaign_id:
        problems.append(FieldProblem("settings.transfer.campaign_id", "is the delivery's own campaign"))
    elif settings.transfer is not None and not await campaigns.exists(
        connection, account_id, settings.transfer.campaign_id
    ):
        problems.append(FieldProblem("settings.transfer.campaign_id", "does not exist"))
    return problems
