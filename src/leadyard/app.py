"""The composition root: which parts a process is made of."""

from collections.abc import Mapping

from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.service import DeliveryWorker
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.store import StoreTransport
from leadyard.delivery.webhooks import WebhookSender
from leadyard.intake.plan import Plans
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.leads.service import Leads
from leadyard.ledger.service import Ledger
from leadyard.settings import Settings
from leadyard.storage.database import Database


class Services:
    """What the web process shares between its dialects, pages and APIs."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Put the services of one process together."""
        self.settings = settings
        self.database = database
        self.configuration = Configuration(database)
        self.plans = Plans()
        self.ledger = Ledger(database)
        self.intake = Intake(database, self.configuration, self.plans, self.ledger)
        self.leads = Leads(database, self.configuration, self.plans, self.ledger)
        self.quarantine = Quarantine(database, self.configuration, self.plans, self.ledger)
        self.outbound = HttpTransport(settings.allowed_networks)


class WorkerParts:
    """What a worker process runs."""

    def __init__(self, database: Database, settings: Settings, name: str) -> None:
        """Put the background work of one process together."""
        self.database = database
        self.transport = HttpTransport(settings.allowed_networks)
        configuration = Configuration(database)
        carriers = {DeliveryKind.HTTP: self._post, DeliveryKind.STORE: _store}
        self.delivery = DeliveryWorker(database, configuration, Ledger(database), carriers, name=name)
        self.webhooks = WebhookSender(database, configuration, self.transport)

    async def _post(self, settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
        if settings.http is None:
            return Verdict(Outcome.ERROR, "the delivery has no address")
        return await self.transport.deliver(settings.http, settings.answers, values, idempotency_key=key)


async def _store(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
    return await StoreTransport().deliver(None, settings.answers, values, idempotency_key=key)
