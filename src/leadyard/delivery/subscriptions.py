"""Which webhooks want which events: pure, over the set-up."""

from collections.abc import Mapping
from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Status
from leadyard.campaigns.webhooks import Webhook, WebhookEvent

INTAKE_EVENTS = frozenset(
    {WebhookEvent.LEAD_ACCEPTED, WebhookEvent.LEAD_REJECTED, WebhookEvent.LEAD_QUARANTINED}
)
"""The events that the intake makes."""


def about(campaign_id: int | None, supplier_id: int | None, **details: Any) -> dict[str, Any]:
    """Make the payload of an event about a lead: whose it is, and what the record of the lead does not tell."""
    return {"campaign_id": campaign_id, "supplier_id": supplier_id, **details}


def wants(hook: Webhook, event: WebhookEvent, payload: Mapping[str, Any]) -> bool:
    """Tell whether a webhook is to be told of an event of the exchange; one for certain affiliates is not."""
    settings = hook.settings
    if hook.status is not Status.ACTIVE or event not in settings.events or settings.affiliate_ids:
        return False
    if settings.campaign_ids and payload.get("campaign_id") not in settings.campaign_ids:
        return False
    return not settings.supplier_ids or payload.get("supplier_id") in settings.supplier_ids


def events_wanted(setup: AccountSetup, campaign_id: int) -> frozenset[WebhookEvent]:
    """List the events of a campaign's leads that any webhook may want, so that nobody prepares what nobody wants."""
    return frozenset(
        event
        for hook in setup.webhooks
        if hook.status is Status.ACTIVE
        and not hook.settings.affiliate_ids
        and (not hook.settings.campaign_ids or campaign_id in hook.settings.campaign_ids)
        for event in hook.settings.events
    )
