"""Webhooks."""

from leadyard.campaigns.checks import webhook_problems
from leadyard.campaigns.inputs import WebhookInput, WebhookRecord
from leadyard.campaigns.service.noun import Noun
from leadyard.kit.errors import FieldProblem
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


webhooks = Webhooks()
