"""Webhooks."""

from leadyard.campaigns.checks import webhook_problems
from leadyard.campaigns.inputs import WebhookInput, WebhookRecord
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.suppliers import suppliers
from leadyard.campaigns.store import rows
from leadyard.campaigns.webhooks import WebhookForm
from leadyard.delivery.postbacks import unknown_names
from leadyard.intake.fields import STANDARD_FIELDS
from leadyard.kit.errors import FieldProblem
from leadyard.storage.database import Connection
from leadyard.storage.tables import exchange
from leadyard.storage.tables.affiliates import affiliates


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
        """Check the campaigns, suppliers and affiliates that it is about, and what a postback names."""
        problems = []
        for member, noun, ids in (
            ("campaign_ids", campaigns, wanted.settings.campaign_ids),
            ("supplier_ids", suppliers, wanted.settings.supplier_ids),
        ):
            for place, row_id in enumerate(ids):
                if not await noun.exists(connection, account_id, row_id):
                    problems.append(FieldProblem(f"settings.{member}[{place}]", "does not exist"))
        affiliate_ids = wanted.settings.affiliate_ids
        known = await rows.known_ids(connection, affiliates, account_id, affiliate_ids)
        problems += [
            FieldProblem(f"settings.affiliate_ids[{place}]", "does not exist")
            for place, affiliate_id in enumerate(affiliate_ids)
            if affiliate_id not in known
        ]
        if wanted.settings.form is WebhookForm.JSON or self.problems(wanted):
            return problems
        fields = {*STANDARD_FIELDS, *await rows.field_names(connection, account_id)}
        return [*problems, *unknown_names(wanted.url, wanted.settings, fields)]


webhooks = Webhooks()
