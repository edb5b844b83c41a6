"""Webhooks."""

from leadyard.campaigns.checks import webhook_problems
from leadyard.campaigns.inputs import WebhookInput, WebhookRecord
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.suppliers import suppliers
from leadyard.kit.errors import FieldProblem
from leadyard.storage.database import Connection
from leadyard.storage.tables import exchange


class Webhooks(Noun[WebhookInput, WebhookRecord]):
    """Addresses that are told about events."""

    entity = "webhook"
    table = exchange.webhooks
    input = WebhookInput
    record = WebhookRecord

    def problems(self, wanted: WebhookInput) -> list[FieldProblem]:
        """Check the address and the events."""
        return webhook_problems(wanted)

    async def missing(
        self, connection: Connection, account_id: int, wanted: WebhookInput
    ) -> list[FieldProblem]:
        """Check the campaigns and suppliers that it is about."""
        problems = []
        for member, noun, ids in (
            ("campaign_ids", campaigns, wanted.settings.campaign_ids),
            ("supplier_ids", suppliers, wanted.settings.supplier_ids),
        ):
            for place, row_id in enumerate(ids):
                if not await noun.exists(connection, account_id, row_id):
                    problems.append(FieldProblem(f"settings.{member}[{place}]", "does not exist"))
        return problems


webhooks = Webhooks()
