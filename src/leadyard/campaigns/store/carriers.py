"""Mail servers and SMS gateways, loaded into the values that every process keeps in memory."""

from leadyard.campaigns.model import MailServer, SmsGateway, Status
from leadyard.delivery.kinds import MailServerSettings, SmsGatewaySettings
from leadyard.storage.database import Connection
from leadyard.storage.sealing import read_opened

_MAIL_SERVERS = "SELECT id, name, status, settings FROM mail_servers WHERE account_id = $1 ORDER BY id"

_SMS_GATEWAYS = "SELECT id, name, status, settings FROM sms_gateways WHERE account_id = $1 ORDER BY id"


async def load_mail_servers(connection: Connection, account_id: int) -> dict[int, MailServer]:
    """Load every mail server by id."""
    return {
        row["id"]: MailServer(
            row["id"],
            row["name"],
            Status(row["status"]),
            read_opened(connection, account_id, "mail_servers", row["settings"], MailServerSettings),
        )
        for row in await connection.fetch(_MAIL_SERVERS, account_id)
    }


async def load_sms_gateways(connection: Connection, account_id: int) -> dict[int, SmsGateway]:
    """Load every SMS gateway by id."""
    return {
        row["id"]: SmsGateway(
            row["id"],
            row["name"],
            Status(row["status"]),
            read_opened(connection, account_id, "sms_gateways", row["settings"], SmsGatewaySettings),
        )
        for row in await connection.fetch(_SMS_GATEWAYS, account_id)
    }
