"""What webhooks are told of the intake's decisions; nothing is gathered unless one of them wants it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox
from leadyard.delivery.subscriptions import about, events_wanted
from leadyard.intake.plan import CampaignPlan
from leadyard.intake.quarantine_store import Decision, Held
from leadyard.intake.store import LeadRow
from leadyard.leads.model import SystemStatus
from leadyard.storage.database import Connection

_EVENTS = {
    SystemStatus.VALID: WebhookEvent.LEAD_ACCEPTED,
    SystemStatus.INVALID: WebhookEvent.LEAD_REJECTED,
    SystemStatus.QUARANTINED: WebhookEvent.LEAD_QUARANTINED,
}


class IntakeNews:
    """The events of one batch, by account."""

    def __init__(self) -> None:
        """Start with none."""
        self._told: dict[tuple[int, WebhookEvent], dict[int, dict[str, Any]]] = defaultdict(dict)
        self._setups: dict[int, AccountSetup] = {}

    def add(self, plan: CampaignPlan, row: LeadRow) -> None:
        """Take the event of a decided lead, if a webhook wants it."""
        event = _EVENTS.get(SystemStatus(row.system_status))
        if event is not None and event in plan.announced:
            self._setups[row.account_id] = plan.setup
            self._told[row.account_id, event][row.id] = about(row.campaign_id, row.supplier_id, code=row.code)

    async def announce(self, connection: Connection, now: datetime) -> None:
        """Queue the events inside the caller's unit of work; nothing without any."""
        for (account_id, event), told in self._told.items():
            await outbox.announce(connection, self._setups[account_id], now, event, told)


async def announce_decisions(
    connection: Connection,
    setup: AccountSetup,
    held: Iterable[Held],
    decisions: Iterable[Decision],
    now: datetime,
) -> None:
    """Queue the events of leads that left the quarantine, inside the caller's unit of work."""
    by_id = {one.id: one for one in held}
    told: dict[WebhookEvent, dict[int, dict[str, Any]]] = defaultdict(dict)
    for decision in decisions:
        lead = by_id[decision.lead_id]
        event = _EVENTS.get(SystemStatus(decision.system_status))
        if event is not None and event in events_wanted(setup, lead.campaign_id or 0):
            told[event][lead.id] = about(lead.campaign_id, lead.supplier_id, code=decision.code)
    for event, leads in told.items():
        await outbox.announce(connection, setup, now, event, leads)
