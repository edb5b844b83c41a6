"""The composition root: which parts a process is made of."""

from collections.abc import Mapping
from typing import Any

import structlog

from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.delivery.account_carriers import account_carriers
from leadyard.delivery.auctions import Auctioneer
from leadyard.delivery.files.service import FileExporter
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.prospects import Prospects
from leadyard.delivery.resuming import Resumer
from leadyard.delivery.service import DeliveryWorker
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.store import StoreTransport
from leadyard.delivery.webhooks import WebhookSender
from leadyard.dialects.leadbyte.call import Services as LeadByteServices
from leadyard.dialects.leadbyte.records import record_of
from leadyard.identity.model import QueueAppend
from leadyard.intake.plan import Plans
from leadyard.intake.providers.countries import Countries
from leadyard.intake.providers.mail import MailDomains
from leadyard.intake.providers.service import Inquiries
from leadyard.intake.providers.sources import Sources
from leadyard.intake.providers.validating import Validating
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.leads.service import Leads
from leadyard.ledger.credit.service import Credit
from leadyard.ledger.service import Ledger
from leadyard.reports.locks import ReportLocks
from leadyard.settings import Settings
from leadyard.storage.database import Database

_log = structlog.get_logger(__name__)
_EVERYTHING = QueueAppend(campaign=True, supplier=True, buyers=True, deliveries=True, lead=True)


def ping_transport(settings: Settings) -> HttpTransport:
    """Make the client for pings: apart from the one for leads, and without a total that one host could use up."""
    return HttpTransport(settings.allowed_networks, connections=0, connections_per_host=256)


def inquiries_of(database: Database, settings: Settings, transport: HttpTransport) -> Inquiries:
    """Put together who asks about leads outside the rules."""
    mail, countries = MailDomains(settings.dns_resolvers), Countries(settings.country_database)
    return Inquiries(database, Sources(database, transport, mail, countries))


class Services:
    """What the web process shares between its dialects, pages and APIs."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Put the services of one process together."""
        self.settings = settings
        self.database = database
        self.configuration = Configuration(database)
        self.plans = Plans()
        self.ledger = Ledger(database)
        self.outbound = HttpTransport(settings.allowed_networks)
        self.inquiries = inquiries_of(database, settings, self.outbound)
        self.intake = Intake(database, self.configuration, self.plans, self.ledger, inquiries=self.inquiries)
        self.leads = Leads(database, self.configuration, self.plans, self.ledger)
        self.quarantine = Quarantine(database, self.configuration, self.plans, self.ledger, self.inquiries)
        self.report_locks = ReportLocks(database)
        self.credit = Credit(database, self.configuration, self.ledger)
        self.pings = ping_transport(settings)
        self.prospects = Prospects(database, self.configuration, self.plans, Auctioneer(self.pings))

    async def open(self) -> None:
        """Open the clients inside the loop that will send."""
        await self.outbound.open()
        await self.pings.open()

    async def close(self) -> None:
        """Close the clients."""
        await self.outbound.close()
        await self.pings.close()

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
            self.credit,
            self._post_json,
            self.prospects,
            Validating(self.database, self.ledger, self.inquiries),
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
        carriers = {
            DeliveryKind.HTTP: self._post,
            DeliveryKind.PING_POST: self._post,
            DeliveryKind.STORE: _store,
        }
        self.pings = ping_transport(settings)
        guard = AddressGuard(settings.allowed_networks)
        inquiries = inquiries_of(database, settings, self.transport)
        submit = Intake(database, configuration, Plans(), ledger, inquiries=inquiries).submit
        by_account = account_carriers(database, self.transport, guard, submit)
        self.delivery = DeliveryWorker(
            database,
            configuration,
            ledger,
            carriers,
            Auctioneer(self.pings),
            sending_carriers=by_account,
            name=name,
        )
        self.files = FileExporter(database, configuration, guard)
        self.resumer = Resumer(database, configuration, ledger, by_account)
        self.webhooks = WebhookSender(database, configuration, self.transport.post_json, self._record)

    async def open(self) -> None:
        """Open the clients inside the loop that will send."""
        await self.transport.open()
        await self.pings.open()

    async def close(self) -> None:
        """Close the clients."""
        await self.transport.close()
        await self.pings.close()

    async def _record(self, account_id: int, lead_id: int) -> dict[str, Any] | None:
        """Write a lead as a webhook shows it: LeadByte's queue record with everything appended."""
        views = await self._leads.read(account_id, [lead_id])
        view = views.get(lead_id)
        if view is None:
            return None
        return record_of(view.lead.uuid, view, await self._configuration.current(account_id), _EVERYTHING)

    async def _post(self, settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
        if settings.http is None:
            return Verdict(Outcome.ERROR, "the delivery has no address")
        return await self.transport.deliver(settings.http, settings.answers, values, idempotency_key=key)


async def _store(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
    return await StoreTransport().deliver(None, settings.answers, values, idempotency_key=key)
