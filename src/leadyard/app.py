"""The composition root: which parts a process is made of."""

from collections.abc import Mapping
from typing import Any

import structlog

from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.service import Carrier, DeliveryWorker
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.store import StoreTransport
from leadyard.delivery.webhooks import WebhookSender
from leadyard.dialects.leadbyte.call import Services as LeadByteServices
from leadyard.dialects.leadbyte.records import record_of
from leadyard.identity.model import QueueAppend
from leadyard.intake.plan import Plans
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.leads.service import Leads
from leadyard.ledger.service import Ledger
from leadyard.reports.locks import ReportLocks
from leadyard.responders.jobs import ResponderWorker
from leadyard.responders.links import Links
from leadyard.responders.messenger import Messenger
from leadyard.responders.web import ResponderPages
from leadyard.settings import Settings
from leadyard.storage.database import Database

_log = structlog.get_logger(__name__)
_EVERYTHING = QueueAppend(campaign=True, supplier=True, buyers=True, deliveries=True, lead=True)


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
        self.report_locks = ReportLocks(database)
        self.outbound = HttpTransport(settings.allowed_networks)
        self.carriers = carriers_of(self.outbound)
        self.responder_pages = ResponderPages(database, links_of(settings))

    def of_leadbyte(self) -> LeadByteServices:
        """Give LeadByte's dialect what it asks."""
        return LeadByteServices(
            self.database,
            self.configuration,
            self.plans,
            self.intake,
            self.leads,
            self.quarantine,
            self.report_locks,
            self._post_json,
        )

    async def _post_json(self, url: str, body: bytes) -> None:
        problem = await self.outbound.post_json(url, body, {})
        if problem:
            _log.info("a callback was not taken", problem=problem)


class WorkerParts:
    """What a worker process runs."""

    def __init__(self, database: Database, settings: Settings, name: str) -> None:
        """Put the background work of one process together."""
        self.database = database
        self.transport = HttpTransport(settings.allowed_networks)
        configuration, ledger = Configuration(database), Ledger(database)
        self._configuration = configuration
        self._leads = Leads(database, configuration, Plans(), ledger)
        carriers = carriers_of(self.transport)
        self.delivery = DeliveryWorker(database, configuration, ledger, carriers, name=name)
        self.responders = ResponderWorker(database, ledger, _no_messenger, links_of(settings))
        self.webhooks = WebhookSender(database, configuration, self.transport.post_json, self._record)

    async def _record(self, account_id: int, lead_id: int) -> dict[str, Any] | None:
        """Write a lead as a webhook shows it: LeadByte's queue record with everything appended."""
        views = await self._leads.read(account_id, [lead_id])
        view = views.get(lead_id)
        if view is None:
            return None
        return record_of(view.lead.uuid, view, await self._configuration.current(account_id), _EVERYTHING)


def links_of(settings: Settings) -> Links:
    """Make what signs the links in messages; they lead to the installation's public address."""
    secret_key = settings.with_secret_key().secret_key or ""
    return Links(secret_key, settings.public_base_url or settings.local_base_url)


async def _no_messenger(account_id: int) -> Messenger | None:  # noqa: ARG001 - the shape of what finds one
    return None


def carriers_of(transport: HttpTransport) -> Mapping[DeliveryKind, Carrier]:
    """Tell what carries each kind of delivery."""

    async def post(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
        if settings.http is None:
            return Verdict(Outcome.ERROR, "the delivery has no address")
        return await transport.deliver(settings.http, settings.answers, values, idempotency_key=key)

    return {
        DeliveryKind.HTTP: post,
        DeliveryKind.STORE: _store,
        DeliveryKind.EMAIL: _not_carried,
        DeliveryKind.SMS: _not_carried,
    }


async def _not_carried(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:  # noqa: ARG001 - the shape of all carriers
    return Verdict(Outcome.ERROR, f"Nothing carries {settings.kind} deliveries on this server")


async def _store(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
    return await StoreTransport().deliver(None, settings.answers, values, idempotency_key=key)
