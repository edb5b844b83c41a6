"""The composition root: which parts a process is made of."""

from collections.abc import Mapping

import structlog

from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.following import ProgrammeFollows
from leadyard.affiliates.jobs import CommissionWorker
from leadyard.affiliates.pages.letters import AffiliateLetters
from leadyard.affiliates.pages.web import AffiliatePages
from leadyard.affiliates.payouts.sending import PayoutSender
from leadyard.affiliates.payouts.service import Payouts
from leadyard.affiliates.purchases.service import Purchases
from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.delivery.account_carriers import (
    account_carriers,
    mail_server_of,
    sms_gateway_of,
    trial_carriers,
)
from leadyard.delivery.auctions import Auctioneer
from leadyard.delivery.files.service import FileExporter
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.learning import Learning
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.postbacks import lead_values
from leadyard.delivery.prospects import Prospects
from leadyard.delivery.resuming import Resumer
from leadyard.delivery.service import Carrier, DeliveryWorker
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.store import StoreTransport
from leadyard.delivery.webhooks import Described, WebhookSender
from leadyard.dialects.leadbyte.call import Services as LeadByteServices
from leadyard.dialects.leadbyte.records import record_of
from leadyard.dialects.leaddyno.call import Services as LeadDynoServices
from leadyard.exports.service import Exports
from leadyard.identity.model import QueueAppend
from leadyard.imports.jobs.runner import ImportRunner
from leadyard.imports.jobs.service import Imports
from leadyard.imports.takers import Takers
from leadyard.intake.plan import Plans
from leadyard.intake.providers import disposable
from leadyard.intake.providers.countries import Countries
from leadyard.intake.providers.mail import MailDomains
from leadyard.intake.providers.service import Inquiries
from leadyard.intake.providers.sources import Sources
from leadyard.intake.providers.validating import Validating
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.leads.after_sale.service import AfterSale
from leadyard.leads.jobs.runner import JobRunner
from leadyard.leads.jobs.service import Jobs
from leadyard.leads.release_rules.runner import ReleaseRuleRunner
from leadyard.leads.service import Leads
from leadyard.ledger.credit.service import Credit
from leadyard.ledger.service import Ledger
from leadyard.mails.jobs import MailWorker
from leadyard.mails.model import MailKind, Writers
from leadyard.notices.service import write_letter
from leadyard.reports.locks import ReportLocks
from leadyard.responders.account_messenger import AccountMessenger
from leadyard.responders.jobs import ResponderWorker
from leadyard.responders.links import Links
from leadyard.responders.messenger import Messenger
from leadyard.responders.web import ResponderPages
from leadyard.retention.service import Pruner, Retention
from leadyard.settings import Settings
from leadyard.storage.database import Database
from leadyard.tracking.collector.jobs import EventWorker
from leadyard.tracking.collector.working_in import work_in
from leadyard.tracking.fraud import networks as data_centres

_log = structlog.get_logger(__name__)
_EVERYTHING = QueueAppend(campaign=True, supplier=True, buyers=True, deliveries=True, lead=True)


def ping_transport(settings: Settings) -> HttpTransport:
    """Make the client for pings: apart from the one for leads, and without a total that one host could use up."""
    return HttpTransport(settings.allowed_networks, connections=0, connections_per_host=256)


def inquiries_of(database: Database, settings: Settings, transport: HttpTransport) -> Inquiries:
    """Put together who asks about leads outside the rules, and bring the operator's lists to the process."""
    disposable.OPERATORS.bring(settings.disposable_domains)
    data_centres.OPERATORS.bring(settings.data_centre_networks)
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
        self.after_sale = AfterSale(database, self.configuration, self.ledger)
        self.jobs = Jobs(database, self.configuration)
        self.imports = Imports(database, self.configuration)
        self.report_locks = ReportLocks(database)
        self.credit = Credit(database, self.configuration, self.ledger)
        self.programme_follows = ProgrammeFollows(self.ledger)
        self.purchases = Purchases(database, self.ledger, self.programme_follows)
        self.commissions = Commissions(database, self.ledger)
        self.trial_carriers = trial_carriers(
            self.configuration,
            self.outbound,
            AddressGuard(settings.allowed_networks),
            carriers_of(self.outbound),
        )
        self.payouts = Payouts(database, self.ledger)
        self.responder_pages = ResponderPages(database, links_of(settings))
        self.affiliate_pages = AffiliatePages(
            database,
            self.commissions,
            self.payouts,
            secret_key=settings.with_secret_key().secret_key or "",
            base_url=settings.base_url,
            trusted_proxies=settings.trusted_proxies,
        )
        self.pings = ping_transport(settings)
        self.learning = Learning(database)
        auctioneer = Auctioneer(self.pings, self.learning)
        self.prospects = Prospects(database, self.configuration, self.plans, auctioneer)
        self.exports = Exports(database, self.configuration)

    async def work_in(self, account_id: int) -> int:
        """Work in what an account's pages have sent until now, before somebody asks about it."""
        return await work_in(self.database, account_id, following=self.programme_follows)

    async def open(self) -> None:
        """Open the clients inside the loop that will send."""
        await self.outbound.open()
        await self.pings.open()
        self.learning.start()

    async def close(self) -> None:
        """Close the clients and write what was learned."""
        await self.outbound.close()
        await self.pings.close()
        await self.learning.close()

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
            self.after_sale,
        )

    def of_leaddyno(self) -> LeadDynoServices:
        """Give LeadDyno's dialect what it asks."""
        return LeadDynoServices(
            self.database,
            self.configuration,
            self.settings.base_url,
            self.settings.leaddyno_requests_per_minute,
            self.purchases,
            self.commissions,
            self.programme_follows,
            self.work_in,
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
        configuration, ledger, plans = Configuration(database), Ledger(database), Plans()
        self._configuration = configuration
        self._leads = Leads(database, configuration, plans, ledger)
        carriers = carriers_of(self.transport)
        self.pings = ping_transport(settings)
        self.learning = Learning(database)
        guard = AddressGuard(settings.allowed_networks)
        inquiries = inquiries_of(database, settings, self.transport)
        intake = Intake(database, configuration, plans, ledger, inquiries=inquiries)
        by_account = account_carriers(database, self.transport, guard, intake.submit)
        self.delivery = DeliveryWorker(
            database,
            configuration,
            ledger,
            carriers,
            Auctioneer(self.pings, self.learning),
            sending_carriers=by_account,
            name=name,
        )
        self.files = FileExporter(database, configuration, guard)
        self.resumer = Resumer(database, configuration, ledger, by_account)
        self.webhooks = WebhookSender(database, configuration, self.transport.send, self._describe)
        self._guard = guard
        self.responders = ResponderWorker(database, ledger, self._messenger, links_of(settings))
        quarantine = Quarantine(database, configuration, plans, ledger, inquiries)
        self.jobs = JobRunner(database, configuration, quarantine)
        self.events = EventWorker(database, ProgrammeFollows(ledger))
        self.release_rules = ReleaseRuleRunner(database, configuration, quarantine)
        self.pruner = Pruner(database, Retention(settings.keep_sent_days, settings.keep_traces_days))
        self.commissions = CommissionWorker(database, ledger)
        self.mails = MailWorker(database, self._messenger, mail_writers(settings))
        self.payouts = PayoutSender(database, Payouts(database, ledger), self.transport.exchange)
        takers = Takers(database, configuration, plans, ledger, intake)
        self.imports = ImportRunner(database, configuration, takers)

    async def open(self) -> None:
        """Open the clients inside the loop that will send."""
        await self.transport.open()
        await self.pings.open()
        self.learning.start()

    async def close(self) -> None:
        """Close the clients and write what was learned."""
        await self.transport.close()
        await self.pings.close()
        await self.learning.close()

    async def _messenger(
        self, account_id: int, mail_server_id: int | None = None, sms_gateway_id: int | None = None, /
    ) -> Messenger:
        """Give what carries an account's messages, over what is named or what it has first."""
        setup = await self._configuration.current(account_id)
        server, gateway = mail_server_of(setup, mail_server_id), sms_gateway_of(setup, sms_gateway_id)
        return AccountMessenger(server, gateway, self._guard, self.transport)

    async def _describe(self, account_id: int, lead_id: int) -> Described | None:
        """Write a lead as a webhook shows it: LeadByte's queue record with everything appended."""
        view = (await self._leads.read(account_id, [lead_id])).get(lead_id)
        if view is None:
            return None
        setup = await self._configuration.current(account_id)
        return Described(record_of(view.lead.uuid, view, setup, _EVERYTHING), lead_values(view, setup))


def mail_writers(settings: Settings) -> Writers:
    """Put together who writes an account's own e-mails."""
    return {**AffiliateLetters(settings.base_url).writers(), MailKind.NOTICE: write_letter}


def links_of(settings: Settings) -> Links:
    """Make what signs the links in messages; they lead to the installation's public address."""
    secret_key = settings.with_secret_key().secret_key or ""
    return Links(secret_key, settings.base_url)


def carriers_of(transport: HttpTransport) -> Mapping[DeliveryKind, Carrier]:
    """Tell what carries the kinds of delivery that need nothing but their settings."""

    async def post(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
        if settings.http is None:
            return Verdict(Outcome.ERROR, "the delivery has no address")
        return await transport.deliver(settings.http, settings.answers, values, idempotency_key=key)

    return {
        DeliveryKind.HTTP: post,
        DeliveryKind.PING_POST: post,
        DeliveryKind.STORE: _store,
    }


async def _store(settings: DeliverySettings, values: Mapping[str, str], key: str) -> Verdict:
    return await StoreTransport().deliver(None, settings.answers, values, idempotency_key=key)
