"""The demo accounts with known keys, and what tests do with them (docs/leadbyte.md)."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
from tests.dialects.leadbyte.client import Client, Reply

from leadyard.app import Services, WorkerParts
from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import BuyerInput, CampaignInput, DeliveryInput, SupplierInput
from leadyard.campaigns.model import (
    AcceptOn,
    CampaignSettings,
    Dedupe,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    Status,
    SupplierTerms,
    Trigger,
)
from leadyard.demo.seed import example_fields
from leadyard.dialects.leadbyte import LeadByteDialect
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, Permission, QueueAppend
from leadyard.settings import Settings
from leadyard.storage.database import Database, Row

ADMIN_KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
PLAIN_KEY = "00112233445566778899aabbccddeeff"
SUPPLIER_KEY = "5bd1e995c2b2ae3585ebca6bd1e99501"
BUYER_KEY = "b0b0b0b0c1c1c1c1d2d2d2d2e3e3e3e3"
OTHER_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
KEYS = (ADMIN_KEY, PLAIN_KEY, SUPPLIER_KEY, BUYER_KEY, OTHER_KEY)
EVERYTHING = tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR]))
CAMPAIGNS = (
    (9, "EXAMPLE-CAMPAIGN"),
    (10, "EXAMPLE-QUARANTINE"),
    (11, "EXAMPLE-LIVE"),
    (12, "EXAMPLE-SYSTEM"),
)
_numbers = itertools.count(1)


async def build(dsn: str) -> None:
    """Make both accounts in a fresh database."""
    database = Database(dsn, size=2)
    await database.open()
    try:
        await _build_demo(database)
        await _build_other(database)
    finally:
        await database.close()


def campaign(reference: str, **changes: Any) -> CampaignInput:
    """A campaign with the ten fields of the example."""
    usual = CampaignSettings(
        sms_field="Phone 1",
        payout=Payout(amount=Decimal("3.5")),
        revenue=Decimal("12.5"),
        dedupe=Dedupe(fields=("email", "phone1")),
        quarantine=reference == "EXAMPLE-QUARANTINE",
        live_responses=reference == "EXAMPLE-LIVE",
        accept_on=AcceptOn.SYSTEM if reference == "EXAMPLE-SYSTEM" else AcceptOn.BUYER,
    )
    name = "Example Campaign" if reference == "EXAMPLE-CAMPAIGN" else reference.title()
    status = changes.pop("status", Status.ACTIVE)
    settings = msgspec.structs.replace(usual, **changes)
    return CampaignInput(
        reference=reference, name=name, status=status, settings=settings, fields=example_fields()
    )


async def _build_demo(database: Database) -> None:
    account = await identity.create_account(database, name="Demo", slug="demo", takes_other_hosts=True)
    actor = Actor(account.id, "test")
    for number in (1, 2, 3):
        supplier = SupplierInput(name=f"Supplier {number}", sid=str(number))
        await setup.suppliers.create(database, actor, supplier, chosen_id=number)
    await setup.buyers.create(database, actor, BuyerInput(company="Example Buyer", bid="33"), chosen_id=4)
    for campaign_id, reference in CAMPAIGNS:
        await setup.campaigns.create(database, actor, campaign(reference), chosen_id=campaign_id)
        for supplier_id in (1, 3):
            await setup.put_terms(database, actor, campaign_id, supplier_id, SupplierTerms())
        if campaign_id < 12:
            await _deliver(database, actor, 1041 + campaign_id, campaign_id)
    await _deliver(database, actor, 1053, 9, trigger=Trigger.MANUAL)
    append = QueueAppend(buyers=True, buyer_statuses=("Sold",), deliveries=True)
    await _admin(database, actor, ADMIN_KEY, append)
    await _admin(database, actor, PLAIN_KEY, QueueAppend())
    for kind, member, party_id, key in (
        (KindOfKey.SUPPLIER, "supplier_id", 1, SUPPLIER_KEY),
        (KindOfKey.BUYER, "buyer_id", 4, BUYER_KEY),
    ):
        permissions = tuple(sorted(ALLOWED[KeyKind[kind.name]]))
        document = KeyInput(
            reference=kind, kind=kind, settings=KeySettings(permissions=permissions), **{member: party_id}
        )
        await identity.create_key(database, actor, document, key=key)


async def _deliver(
    database: Database, actor: Actor, delivery_id: int, campaign_id: int, **changes: Any
) -> None:
    document = DeliveryInput(
        campaign_id=campaign_id,
        buyer_id=4,
        reference=f"Delivery {delivery_id}",
        status=DeliveryStatus.ACTIVE,
        settings=DeliverySettings(revenue=Decimal("12.5"), **changes),
    )
    await setup.deliveries.create(database, actor, document, chosen_id=delivery_id)


async def _admin(database: Database, actor: Actor, key: str, append: QueueAppend) -> None:
    settings = KeySettings(permissions=EVERYTHING, append=append)
    await identity.create_key(database, actor, KeyInput(reference="admin", settings=settings), key=key)


async def _build_other(database: Database) -> None:
    account = await identity.create_account(
        database, name="Other", slug="other", hosts=("other.example.com",)
    )
    actor = Actor(account.id, "test")
    await setup.suppliers.create(database, actor, SupplierInput(name="Other", sid="1"), chosen_id=1)
    document = campaign("EXAMPLE-CAMPAIGN")
    await setup.campaigns.create(database, actor, document, chosen_id=1)
    await setup.put_terms(database, actor, 1, 1, SupplierTerms())
    await _admin(database, actor, OTHER_KEY, QueueAppend())


def new_lead(**changes: Any) -> dict[str, Any]:
    """A lead of the example campaign that no test has sent before; None takes a member away."""
    number = next(_numbers)
    usual = {
        "campid": "EXAMPLE-CAMPAIGN",
        "sid": "1",
        "email": f"person.{number}@example.com",
        "title": "Ms",
        "firstname": "Jo",
        "lastname": "Bloggs",
        "phone1": f"07{700_000_000 + number}",
        "data13": "Mini",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


class World:
    """Both accounts, the dialect over them, and ways to look at what it did."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.services = Services(database, settings)
        self.dialect = LeadByteDialect(self.services.of_leadbyte(), settings.trusted_proxies)
        self.send = Client(self.dialect)
        self.actor = Actor(1, "test")

    async def call(self, method: str, path: str, **request: Any) -> Reply:
        """Send a request with the plain administrator's key unless it brings one."""
        headers = {"X_KEY": PLAIN_KEY, **request.pop("headers", {})}
        return await self.send(method, path, headers={k: v for k, v in headers.items() if v}, **request)

    async def post(self, version: str = "v1.2", key: str = PLAIN_KEY, **changes: Any) -> Reply:
        """Post one new lead as the published example does."""
        return await self.send(
            "POST", f"/restapi/{version}/leads", json={"key": key, "lead": new_lead(**changes)}
        )

    async def accepted(self, **changes: Any) -> str:
        """Post one new lead that is accepted; gives its queue id."""
        reply = await self.post(**changes)
        assert reply.json["status"] == "Success", reply.text
        return str(reply.json["results"][0]["queueId"])

    async def record(self, queue_id: str, key: str = PLAIN_KEY) -> Any:
        """Poll one queue id."""
        reply = await self.send("GET", f"/restapi/v1.3/apiqueue/{queue_id}", headers={"X_KEY": key})
        assert reply.status == 200, reply.text
        return reply.json["records"][0]

    async def lead_id(self, **changes: Any) -> int:
        """Post one new lead that is accepted; gives its lead id."""
        record = await self.record(await self.accepted(**changes))
        return int(record["response"]["leadId"])

    async def rows(self, table: str) -> list[Row]:
        """Read a table of the first account."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(f"SELECT * FROM {table} WHERE account_id = 1 ORDER BY 1, 2"))

    async def change_campaign(self, campaign_id: int, **settings: Any) -> None:
        """Change settings of a campaign as an operator would."""
        patch = {"settings": msgspec.to_builtins(settings)}
        await setup.campaigns.update(self.database, self.actor, campaign_id, patch)

    async def new_key(self, **settings: Any) -> str:
        """Make another administrator's key."""
        document = KeyInput(
            reference="another", settings=KeySettings(**{"permissions": EVERYTHING, **settings})
        )
        return (await identity.create_key(self.database, self.actor, document))[1]

    async def key_with(self, *permissions: Permission) -> str:
        """Make an administrator's key that is ticked for these only."""
        return await self.new_key(permissions=permissions)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have a worker deliver."""
        parts = WorkerParts(self.database, self.settings, "test worker")
        await parts.open()
        stop = asyncio.Event()
        running = asyncio.create_task(parts.delivery.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running
            await parts.close()

    async def deliver(self) -> None:
        """Have a worker deliver until nothing is waiting."""
        async with self.working(), asyncio.timeout(20):
            while await self.rows("delivery_jobs"):  # noqa: ASYNC110 - another process's rows send no event
                await asyncio.sleep(0.02)
