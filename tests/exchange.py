"""A small exchange for tests: an account, a supplier, buyers, a campaign, and the services over it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from tests.vault import VAULT

from leadyard.app import WorkerParts
from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.inputs import (
    BuyerInput,
    CampaignInput,
    CampaignRecord,
    DeliveryInput,
    DeliveryRecord,
    SupplierInput,
)
from leadyard.campaigns.model import (
    BuyerSettings,
    CampaignSettings,
    Dedupe,
    DeliveryKind,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    SupplierTerms,
)
from leadyard.delivery.model import AnswerRule, AnswerRules, FieldMapping, HttpTarget
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, Principal
from leadyard.intake.fields import STANDARD_FIELDS
from leadyard.intake.model import IntakeResult, Reading, Submission
from leadyard.intake.plan import Plans
from leadyard.intake.service import Intake
from leadyard.kit import clock
from leadyard.leads.model import Channel
from leadyard.ledger.audit import Difference, audit
from leadyard.ledger.service import Ledger
from leadyard.settings import Settings
from leadyard.storage.database import Database, Row

NAMES = ("email", "firstname", "lastname", "phone1", "postcode")
ACCEPTING = AnswerRules(
    rules=(AnswerRule(kind="json_path", path="status", pattern="accepted", outcome="accept"),)
)


def campaign_settings(**changes: Any) -> CampaignSettings:
    """Settings of a campaign that pays 3.5 and earns 12.5 a lead, and refuses the same e-mail or phone twice."""
    usual = CampaignSettings(
        payout=Payout(amount=Decimal("3.5")),
        revenue=Decimal("12.5"),
        dedupe=Dedupe(fields=("email", "phone1")),
    )
    return msgspec.structs.replace(usual, **changes)


class Exchange:
    """One account and everything a test does with it."""

    def __init__(self, database: Database, actor: Actor, principal: Principal, key: str) -> None:
        self.database = database
        self.actor = actor
        self.principal = principal
        self.key = key
        self.configuration = Configuration(database)
        self.plans = Plans()
        self.ledger = Ledger(database)
        self.intake = Intake(database, self.configuration, self.plans, self.ledger)

    @property
    def account_id(self) -> int:
        return self.actor.account_id

    async def campaign(self, reference: str = "CARS", **settings: Any) -> CampaignRecord:
        document = CampaignInput(
            reference=reference,
            name=reference.title(),
            settings=campaign_settings(**settings),
            fields=tuple(STANDARD_FIELDS[name] for name in NAMES),
        )
        campaign = await setup.campaigns.create(self.database, self.actor, document)
        await setup.put_terms(self.database, self.actor, campaign.id, 1, SupplierTerms())
        return campaign

    async def buyer(self, company: str = "Buyer", **settings: Any) -> int:
        document = BuyerInput(company=company, settings=BuyerSettings(**settings))
        return (await setup.buyers.create(self.database, self.actor, document)).id

    async def delivery(
        self, campaign_id: int, buyer_id: int, url: str | None = None, **settings: Any
    ) -> DeliveryRecord:
        target = None
        if url is not None:
            fields = tuple(FieldMapping(name, f"{{{{ {name} }}}}") for name in ("email", "lead.id"))
            target = HttpTarget(url=url, body="form", fields=fields, timeout_seconds=2)
        usual = DeliverySettings(
            kind=DeliveryKind.STORE if url is None else DeliveryKind.HTTP, http=target, answers=ACCEPTING
        )
        document = DeliveryInput(
            campaign_id=campaign_id,
            buyer_id=buyer_id,
            reference=f"to {buyer_id}",
            status=DeliveryStatus.ACTIVE,
            settings=msgspec.structs.replace(usual, **settings),
        )
        return await setup.deliveries.create(self.database, self.actor, document)

    async def hook(self, *events: str, **settings: Any) -> int:
        """A webhook for these events."""
        document = {"url": "https://crm.example.com/hook", "settings": {"events": list(events), **settings}}
        return (await setup.webhooks.create(self.database, self.actor, document)).id

    async def news(self, event: str) -> list[dict[str, Any]]:
        """What webhooks are to be told of an event, in order."""
        rows = await self.rows("outbox")
        return [row["payload"] for row in sorted(rows, key=lambda row: row["id"]) if row["event"] == event]

    def submission(self, number: int, *, campaign: str = "CARS", **changes: Any) -> Submission:
        """A lead with an e-mail address and a phone of its own; `values` replaces fields."""
        values = {
            "email": f"person.{number}@example.com",
            "phone1": f"07{700_000_000 + number}",
            "firstname": "Jo",
            "lastname": "Bloggs",
            **changes.pop("values", {}),
        }
        usual = Submission(
            self.account_id, self.principal, campaign, "1", "", Channel.REST, False, clock.now(),
            lambda _: Reading(dict(values), {}),
        )  # fmt: skip
        return msgspec.structs.replace(usual, **changes)

    async def submit(self, number: int, **changes: Any) -> IntakeResult:
        return await self.intake.submit(self.submission(number, **changes))

    async def rows(self, table: str, where: str = "true") -> list[Row]:
        sql = f"SELECT * FROM {table} WHERE account_id = $1 AND {where} ORDER BY 1, 2, 3"
        async with self.database.connection() as connection:
            return list(await connection.fetch(sql, self.account_id))

    async def lead(self, lead_id: int | None) -> Row:
        return (await self.rows("leads", f"id = {lead_id}"))[0]

    async def differences(self) -> list[Difference]:
        """What the audit finds."""
        async with self.database.connection() as connection:
            return await audit(connection, self.account_id)

    @contextlib.asynccontextmanager
    async def working(self, dsn: str, settings: Settings) -> AsyncIterator[WorkerParts]:
        """A delivery worker with connections of its own, as another process would have."""
        database = Database(dsn, size=6, vault=VAULT)
        await database.open()
        parts = WorkerParts(database, settings, "test worker")
        await parts.open()
        stop = asyncio.Event()
        running = [
            asyncio.create_task(parts.delivery.run(stop)),
            asyncio.create_task(parts.webhooks.run(stop)),
        ]
        try:
            yield parts
        finally:
            stop.set()
            await asyncio.gather(*running)
            await parts.close()
            await database.close()

    async def until_idle(self, seconds: float = 90) -> None:
        """Wait until no lead is waiting for a delivery."""
        async with asyncio.timeout(seconds):
            while await self.rows("delivery_jobs"):  # noqa: ASYNC110 - the worker tells nobody
                await asyncio.sleep(0.02)


async def new_exchange(database: Database, values: Mapping[str, Any] | None = None) -> Exchange:
    """Make an account with an administrator's key and the supplier 1."""
    named = {"name": "Agency", "slug": "agency", "takes_other_hosts": True, **(values or {})}
    account = await identity.create_account(database, **named)
    actor = Actor(account.id, "test")
    await setup.suppliers.create(database, actor, SupplierInput(name="Supplier", sid="1"))
    everything = tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR]))
    document = KeyInput(reference="test", settings=KeySettings(permissions=everything))
    stored, key = await identity.create_key(database, actor, document)
    return Exchange(database, actor, Principal(account.id, stored), key)
