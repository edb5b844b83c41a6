"""Leads for the tests of reports and of the audit, with what the write path writes beside them."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from leadyard.kit.ids import new_uuid
from leadyard.leads.model import Channel, SaleStatus, Standing, SystemStatus
from leadyard.reports.model import Deltas, LeadSums, standing_change
from leadyard.reports.service import write_deltas
from leadyard.storage.database import Connection

ACCOUNT = 1

_INSERT = """
INSERT INTO leads (account_id, id, uuid, campaign_id, supplier_id, sub_supplier_id, channel, is_test,
    system_status, sale_status, standing, code, fields, currency, payout, revenue, validation_cost,
    email_cost, sms_cost, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, '{}', $12, $13, $14, $15, $16, $17, $18)
"""


class LeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """What reports read of a lead."""

    id: int
    received_at: datetime = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
    account_id: int = ACCOUNT
    standing: Standing = Standing.APPROVED
    sale_status: SaleStatus = SaleStatus.NONE
    campaign_id: int | None = 9
    supplier_id: int | None = 1
    sub_supplier_id: int | None = None
    channel: Channel = Channel.REST
    is_test: bool = False
    currency: str = "GBP"
    payout: int = 0
    revenue: int = 0
    validation_cost: int = 0
    email_cost: int = 0
    sms_cost: int = 0

    @property
    def amounts(self) -> dict[str, int]:
        """Give the amounts by the names of the roll-ups."""
        names = ("payout", "revenue", "validation_cost", "email_cost", "sms_cost")
        return {name: getattr(self, name) for name in names}

    @property
    def sums(self) -> LeadSums:
        """Give what one lead adds to a report."""
        if self.standing is Standing.NOT_COUNTED:
            return LeadSums()
        return LeadSums(**standing_change(None, self.standing), **self.amounts)


async def insert(connection: Connection, leads: Iterable[LeadRow]) -> None:
    """Write leads alone, without any delta."""
    values = [
        (
            *(lead.account_id, lead.id, new_uuid(), lead.campaign_id, lead.supplier_id, lead.sub_supplier_id),
            *(int(lead.channel), lead.is_test, int(SystemStatus.VALID), int(lead.sale_status)),
            *(int(lead.standing), lead.currency, *lead.amounts.values(), lead.received_at),
        )
        for lead in leads
    ]
    await connection.executemany(_INSERT, values)


def deltas_of(leads: Iterable[LeadRow]) -> Deltas:
    """Make the deltas that receiving these leads writes."""
    deltas = Deltas()
    for lead in leads:
        key = (lead.campaign_id, lead.supplier_id, lead.sub_supplier_id, lead.channel)
        changes = msgspec.structs.asdict(lead.sums)
        deltas.lead(lead.account_id, lead.received_at, *key, **changes)
    return deltas


async def receive(connection: Connection, leads: Iterable[LeadRow]) -> None:
    """Write leads and their deltas."""
    leads = list(leads)
    await insert(connection, leads)
    await write_deltas(connection, deltas_of(leads))
