"""An exchange with the services by which people work on its leads."""

import asyncio
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
from tests.exchange import Exchange, new_exchange

from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import KeySettings, Principal
from leadyard.intake.quarantine import Quarantine
from leadyard.leads.after_sale.service import AfterSale
from leadyard.leads.service import Leads
from leadyard.leads.views import LeadView
from leadyard.ledger.audit import Difference, audit
from leadyard.settings import Settings
from leadyard.storage.database import Database


class Desk(Exchange):
    """An exchange whose leads are read and changed by hand."""

    dsn: str
    settings: Settings

    @property
    def leads(self) -> Leads:
        return Leads(self.database, self.configuration, self.plans, self.ledger)

    @property
    def after_sale(self) -> AfterSale:
        return AfterSale(self.database, self.configuration, self.ledger)

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.database, self.configuration, self.plans, self.ledger)

    async def submitted(self, *numbers: int, **changes: Any) -> list[int]:
        """Submit leads and give their ids."""
        results = await asyncio.gather(*(self.submit(number, **changes) for number in numbers))
        return [result.lead_id or 0 for result in results]

    async def work(self) -> None:
        """Let a worker deal with what is queued."""
        async with self.working(self.dsn, self.settings):
            await self.until_idle()

    async def sold(self, *numbers: int, **changes: Any) -> list[int]:
        """Submit leads and let a worker deal with them."""
        ids = await self.submitted(*numbers, **changes)
        await self.work()
        return ids

    async def view(self, lead_id: int) -> LeadView:
        return (await self.leads.read(self.account_id, [lead_id]))[lead_id]

    async def differences(self) -> list[Difference]:
        async with self.database.connection() as connection:
            return await audit(connection, self.account_id)

    async def supplier_key(self, supplier_id: int) -> Principal:
        """A key that is tied to a supplier."""
        document = KeyInput(
            reference="supplier", kind=KindOfKey.SUPPLIER, supplier_id=supplier_id, settings=KeySettings()
        )
        stored, _ = await identity.create_key(self.database, self.actor, document)
        return Principal(self.account_id, stored)

    def as_buyer(self, buyer_id: int) -> Principal:
        """The principal as a buyer's key would make it."""
        return Principal(self.account_id, msgspec.structs.replace(self.principal.key, buyer_id=buyer_id))


async def new_desk(database: Database, dsn: str, folder: Path, slug: str = "agency") -> Desk:
    made = await new_exchange(database, {"slug": slug})
    desk = Desk(made.database, made.actor, made.principal, made.key)
    desk.dsn = dsn
    desk.settings = Settings(data_dir=folder, allowed_networks=(ip_network("127.0.0.0/8"),))
    return desk
