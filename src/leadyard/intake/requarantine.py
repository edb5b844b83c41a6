"""Putting leads aside again that every delivery skipped (docs/after-the-sale.md)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import AcceptOn, Campaign
from leadyard.intake import quarantine_store
from leadyard.intake.batch import campaign_caps
from leadyard.intake.plan import CampaignPlan
from leadyard.leads import events
from leadyard.routing.caps import CapKey, move_caps
from leadyard.storage.database import Connection

EVERY_DELIVERY_SKIPPED = "every delivery skipped"


_UNPAID = 0
"""Only leads that a sale would have paid for are put aside (`puts_aside`)."""


def puts_aside(campaign: Campaign) -> bool:
    """Tell whether a campaign puts leads aside that every delivery skipped; only while their sale is still open."""
    settings = campaign.settings
    return settings.quarantine_when_skipped and settings.accept_on is AcceptOn.BUYER


async def put_aside(
    connection: Connection, setup: AccountSetup, campaign: Campaign, lead_ids: Sequence[int], now: datetime
) -> set[int]:
    """Put leads of a campaign back into quarantine; gives those that were, the others have been there often enough.

    They keep their duplicate keys; the caps of campaign and supplier that they had counted against get room again,
    and count them anew when they are released.
    """
    account_id, most = setup.account.id, campaign.settings.most_requarantines
    times = await events.count(connection, account_id, events.QUARANTINED, lead_ids)
    wanted = [lead_id for lead_id in lead_ids if times.get(lead_id, 0) < most]
    aside = await quarantine_store.put_aside(connection, account_id, wanted)
    plan, moves = CampaignPlan(setup, campaign), Counter[CapKey]()
    for lead in aside:
        for use in campaign_caps(plan, lead.supplier_id, lead.channel, _UNPAID, lead.decided_at or now):
            moves[use.key] -= use.amount
    await move_caps(connection, moves)
    details = {lead.id: EVERY_DELIVERY_SKIPPED for lead in aside}
    await events.record(connection, account_id, now, events.QUARANTINED, details, "")
    return set(details)
