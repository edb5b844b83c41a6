"""Fields whose values are not for every key: masked in lists, records and traces, whole where leads are delivered."""

import re
from collections.abc import Sequence

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
    """Show a lead with its attempts; their requests and answers would tell what is masked, so they are left out.

    In reasons and the history, which may have a buyer's words, masked values are masked.
    """
    lead = masked_lead(view.lead, setup, principal)
    if lead is view.lead:
        return view
    hidden = hidden_fields(setup, lead.campaign_id, principal)
    values = [value for name, value in view.lead.fields.items() if name in hidden and value]
    attempts = tuple(
        msgspec.structs.replace(attempt, trace=None, reason=_blotted(attempt.reason, values))
        for attempt in view.attempts
    )
    history = tuple(
        msgspec.structs.replace(event, detail=_blotted(event.detail, values)) for event in view.events
    )
    return msgspec.structs.replace(view, lead=lead, attempts=attempts, events=history)


def _blotted(text: str, values: Sequence[str]) -> str:
    """Mask values where they stand in a text as words of their own, in any case."""
    for value in values:
        if text and value.casefold() in text.casefold():
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return text
