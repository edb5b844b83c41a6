"""Checks of quarantined leads, made before the unit of work that releases them (docs/validation.md)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.intake.batch import DUPLICATE_TEXT, campaign_caps, cap_reached
from leadyard.intake.filtering import payout_when_valid
from leadyard.intake.model import CAP_REACHED, DUPLICATE
from leadyard.intake.plan import Plans
from leadyard.intake.providers.inspection import Inspection, Refusal, cost_entries, most_entries
from leadyard.intake.providers.service import Inquiries, Inspected, Subject
from leadyard.intake.quarantine_store import Held
from leadyard.ledger.model import Entry
from leadyard.reports.model import Deltas
from leadyard.storage.database import Connection

_AT_ONCE = 32


class Looked(msgspec.Struct, frozen=True):
    """A lead as it was when it was looked into, and what came of it."""

    held: Held
    inspection: Inspection
    refusal: Refusal | None

    @property
    def stays(self) -> bool:
        """Tell whether it stays in quarantine, because a check got no answer."""
        return self.refusal is None and self.inspection.put_aside


async def look_into_held(
    inquiries: Inquiries, plans: Plans, setup: AccountSetup, leads: Sequence[Held], now: datetime
) -> dict[int, Looked]:
    """Ask about the leads whose campaign wants that, outside any unit of work.

    Nothing is asked about a lead that finds a cap full or another lead with its keys: the release refuses it.
    """
    looked: list[Looked | None] = []
    for at in range(0, len(leads), _AT_ONCE):
        part = leads[at : at + _AT_ONCE]
        looked += await asyncio.gather(*(_look_into(inquiries, plans, setup, held, now) for held in part))
    return {one.held.id: one for one in looked if one is not None}


async def _look_into(
    inquiries: Inquiries, plans: Plans, setup: AccountSetup, held: Held, now: datetime
) -> Looked | None:
    campaign = setup.campaigns.get(held.campaign_id or 0)
    plan = None if campaign is None else plans.of(setup, campaign)
    if plan is None or plan.inquiry is None:
        return None
    keys = plan.claim_keys(held.fields, held.supplier_id)
    subject = Subject(
        setup, plan.campaign.id, plan.country, held.supplier_id, held.id, held.fields, keys, is_test=False
    )
    inspection = Inspection()
    uses = campaign_caps(plan, held.supplier_id, held.channel, payout_when_valid(plan, held), now)
    found = await inquiries.refused_anyway(plan.inquiry, subject, uses, now)
    if found is True:
        return Looked(held, inspection, Refusal(DUPLICATE, DUPLICATE_TEXT, {}))
    if found is not False:
        return Looked(held, inspection, Refusal(CAP_REACHED, cap_reached(found), {}))
    await inquiries.inspect(plan.inquiry, subject, inspection)
    return Looked(held, inspection, inspection.refusal)


def most_looked(looked: Mapping[int, Looked]) -> int:
    """Tell how many entries the checks take at most."""
    return sum(most_entries(one.inspection.findings) for one in looked.values())


async def write_looked(
    inquiries: Inquiries,
    connection: Connection,
    account_id: int,
    looked: Mapping[int, Looked],
    deltas: Deltas,
    now: datetime,
) -> list[Entry]:
    """Write what was asked and add its cost to the reports, whatever became of the leads; gives what is to be booked."""
    await inquiries.write(
        connection,
        [Inspected(account_id, one.held.id, one.held.currency, one.inspection) for one in looked.values()],
        now,
    )
    entries: list[Entry] = []
    for one in looked.values():
        held, findings = one.held, one.inspection.findings
        entries += cost_entries(account_id, held.id, held.currency, findings, now)
        deltas.lead(
            account_id,
            held.received_at,
            held.campaign_id,
            held.supplier_id,
            held.sub_supplier_id,
            held.channel,
            validation_cost=one.inspection.cost,
        )
    return entries
