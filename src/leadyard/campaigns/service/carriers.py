"""Mail servers and SMS gateways: what the account's e-mails and text messages leave by."""

from leadyard.campaigns.inputs import (
    DeliveryInput,
    MailServerInput,
    MailServerRecord,
    SmsGatewayInput,
    SmsGatewayRecord,
)
from leadyard.campaigns.kind_checks import gateway_problems, server_problems
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.noun import Noun
from leadyard.delivery.kinds import EmailDestination
from leadyard.kit.errors import FieldProblem
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


async def missing_carriers(
    connection: Connection, account_id: int, wanted: DeliveryInput
) -> list[FieldProblem]:
    """Name what a delivery of these kinds refers to and this account does not have."""
    settings, problems = wanted.settings, []
    servers = {} if settings.email is None else {"settings.email": settings.email.server_id}
    if settings.file is not None and isinstance(settings.file.destination, EmailDestination):
        servers["settings.file.destination"] = settings.file.destination.server_id
    for path, server_id in servers.items():
        if not await mail_servers.exists(connection, account_id, server_id):
            problems.append(FieldProblem(f"{path}.server_id", "does not exist"))
    if settings.sms is not None and not await sms_gateways.exists(
        connection, account_id, settings.sms.gateway_id
    ):
        problems.append(FieldProblem("settings.sms.gateway_id", "does not exist"))
    if settings.transfer is not None and not await campaigns.exists(
        connection, account_id, settings.transfer.campaign_id
    ):
        problems.append(FieldProblem("settings.transfer.campaign_id", "does not exist"))
    return problems
