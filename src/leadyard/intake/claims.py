"""Duplicate keys of accepted leads, which follow the fields when these are changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadyard.intake import quarantine_store, store
from leadyard.intake.plan import CampaignPlan
from leadyard.intake.store import Claim
from leadyard.leads.model import Lead
from leadyard.storage.database import Connection


async def follow_fields(
    connection: Connection, plan: CampaignPlan, lead: Lead, fields: Mapping[str, str], now: datetime
) -> bool:
    """Give back the keys that a locked lead's new fields do not make, and claim those that they do.

    Gives whether it holds them all; a key of another lead stays that one's. New claims are as old as `now`.
    """
    wanted = plan.claim_keys(dict(fields), lead.supplier_id)
    if wanted == plan.claim_keys(lead.fields, lead.supplier_id):
        return True
    account_id, campaign_id = lead.account_id, plan.campaign.id
    before = await quarantine_store.keys_of(connection, account_id, lead.id)
    gone = [Claim(account_id, campaign_id, key, lead.id) for key in before if key not in wanted]
    await store.release(connection, gone)
    claims = [Claim(account_id, campaign_id, key, lead.id) for key in wanted]
    hours = plan.campaign.settings.dedupe.window_hours
    window = None if hours is None else timedelta(hours=hours)
    won = await quarantine_store.claim(connection, account_id, claims, window, now) if claims else set()
    kept = tuple(claim.key for claim in claims if claim in won)
    await quarantine_store.keep_keys(connection, account_id, lead.id, kept)
    return len(won) == len(set(claims))
