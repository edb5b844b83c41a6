"""Leads as rules see them."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign
from leadyard.leads.model import Channel
from leadyard.routing.rules import Facts


def facts_of(
    setup: AccountSetup,
    campaign: Campaign,
    fields: Mapping[str, str],
    received_at: datetime,
    supplier_id: int | None,
    channel: int,
    *,
    ssid: str = "",
) -> Facts:
    """Show rules a lead with these fields; without an ssid the field of that name counts."""
    supplier = None if supplier_id is None else setup.suppliers.get(supplier_id)
    return Facts(
        fields,
        received_at,
        ZoneInfo(setup.account.time_zone),
        country=campaign.settings.country,
        supplier="" if supplier is None else supplier.sid,
        ssid=ssid,
        channel=Channel(channel).name.lower(),
    )
