"""Fields whose values are not for every key: masked in lists, records and traces, whole where leads are delivered."""

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.identity.model import Permission, Principal
from leadyard.kit.masking import MASK
from leadyard.leads.model import Lead
from leadyard.leads.views import LeadView


def hidden_fields(setup: AccountSetup, campaign_id: int | None, principal: Principal) -> frozenset[str]:
    """Name the fields of a campaign's leads that a key may not see."""
    campaign = setup.campaigns.get(campaign_id or 0)
    if campaign is None or principal.may(Permission.LEADS_UNMASKED):
        return frozenset()
    return frozenset(rule.name for rule in campaign.fields if rule.masked)


def masked_lead(lead: Lead, setup: AccountSetup, principal: Principal) -> Lead:
    """Show a lead as a key may see it."""
    hidden = hidden_fields(setup, lead.campaign_id, principal)
    if hidden.isdisjoint(lead.fields):
        return lead
    shown = {name: MASK if name in hidden and value else value for name, value in lead.fields.items()}
    return msgspec.structs.replace(lead, fields=shown)


def masked_view(view: LeadView, setup: AccountSetup, principal: Principal) -> LeadView:
    """Show a lead with its attempts; their requests and answers would tell what is masked, so they are left out."""
    lead = masked_lead(view.lead, setup, principal)
    if lead is view.lead:
        return view
    attempts = tuple(msgspec.structs.replace(attempt, trace=None) for attempt in view.attempts)
    return msgspec.structs.replace(view, lead=lead, attempts=attempts)
