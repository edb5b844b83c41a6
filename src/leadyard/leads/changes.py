"""Changing fields and queueing leads again, inside the caller's unit of work."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import DeliveryStatus, Trigger
from leadyard.delivery.queueing import queue_for_deliveries, queue_for_routing
from leadyard.identity.model import Principal
from leadyard.intake.claims import follow_fields
from leadyard.intake.plan import Plans
from leadyard.leads import events, store
from leadyard.leads.editing import edited
from leadyard.leads.model import AttemptState, Lead, SystemStatus
from leadyard.leads.outcomes import (
    ALREADY_SOLD,
    DONE,
    DUPLICATE,
    NOT_FOR_TESTS,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    Updated,
    cannot_be_triggered,
    limit_of,
)
from leadyard.leads.store import Held, StoredLead
from leadyard.storage.database import Connection

_SOLD = frozenset({AttemptState.SOLD, AttemptState.ASSIGNED, AttemptState.RETURNED, AttemptState.REASSIGNED})


async def change_fields(
    connection: Connection,
    setup: AccountSetup,
    plans: Plans,
    principal: Principal,
    lead_id: int,
    status: SystemStatus,
    changes: Mapping[str, str],
    now: datetime,
) -> Updated:
    """Store new values of the fields of a lead of one system status, with the keys by which it is found.

    The duplicate keys of a valid lead follow; one that another lead has is a warning, and the value is stored.
    """
    locked = await store.lock(connection, setup.account.id, [lead_id], limit_of(principal))
    lead = locked[lead_id].lead if lead_id in locked else None
    campaign = None if lead is None or lead.campaign_id is None else setup.campaigns.get(lead.campaign_id)
    if lead is None or campaign is None or lead.system_status is not status:
        return Updated(found=False)
    plan = plans.of(setup, campaign)
    edit = edited(plan, lead.fields, changes, now.astimezone(plan.zone).date())
    if edit.stored:
        await store.store_fields(connection, lead, edit.fields, plan.search_keys(edit.fields))
        detail = {lead.id: ", ".join(sorted(edit.stored))}
        await events.record(connection, lead.account_id, now, events.UPDATED, detail, principal.actor)
        counts = status is SystemStatus.VALID and not lead.is_test
        if counts and not await follow_fields(connection, plan, lead, edit.fields, now):
            return Updated(True, edit.stored, [*edit.warnings, DUPLICATE])
    return Updated(True, edit.stored, edit.warnings)


async def queue_again(
    connection: Connection, principal: Principal, lead_ids: Sequence[int], now: datetime
) -> dict[int, str]:
    """Queue valid leads for another pass of the distribution."""
    account_id = principal.account_id
    locked = await store.lock(connection, account_id, lead_ids, limit_of(principal))
    reasons = {lead_id: _refusal(locked.get(lead_id)) for lead_id in lead_ids}
    wanted = [lead_id for lead_id in locked if reasons[lead_id] == DONE]
    await queue_for_routing(connection, account_id, wanted, now)
    attempts = await store.attempts(connection, account_id, wanted)
    details = {id_: events.new_pass(len(attempts.get(id_, []))) for id_ in wanted}
    await events.record(connection, account_id, now, events.REPROCESSED, details, principal.actor)
    return reasons


async def trigger_deliveries(
    connection: Connection,
    setup: AccountSetup,
    principal: Principal,
    lead_id: int,
    delivery_ids: Sequence[int],
    now: datetime,
) -> dict[int, str]:
    """Queue a valid lead for deliveries that are triggered by hand."""
    account_id = setup.account.id
    locked = await store.lock(connection, account_id, [lead_id], limit_of(principal))
    refusal = _refusal(locked.get(lead_id))
    if refusal != DONE:
        return dict.fromkeys(delivery_ids, refusal)
    lead = locked[lead_id].lead
    attempts = (await store.attempts(connection, account_id, [lead_id])).get(lead_id, [])
    allowed = _triggered_by_hand(setup, lead)
    reasons = {id_: _trigger_refusal(id_, allowed, attempts) for id_ in delivery_ids}
    queued = [id_ for id_, reason in reasons.items() if reason == DONE]
    if queued:
        await queue_for_deliveries(connection, account_id, lead_id, queued, now)
        detail = {lead_id: ", ".join(f"delivery {id_}" for id_ in queued)}
        await events.record(connection, account_id, now, events.TRIGGERED, detail, principal.actor)
    return reasons


def _refusal(stored: StoredLead | None) -> str:
    """Tell why a lead cannot be delivered."""
    if stored is None or stored.lead.system_status is not SystemStatus.VALID:
        return NOT_FOUND
    return NOT_FOR_TESTS if stored.lead.is_test else DONE


def _triggered_by_hand(setup: AccountSetup, lead: Lead) -> frozenset[int]:
    campaign = None if lead.campaign_id is None else setup.campaigns.get(lead.campaign_id)
    deliveries = () if campaign is None else campaign.deliveries
    return frozenset(
        delivery.id
        for delivery in deliveries
        if delivery.status is DeliveryStatus.ACTIVE and delivery.settings.trigger is Trigger.MANUAL
    )


def _trigger_refusal(delivery_id: int, allowed: frozenset[int], attempts: Sequence[Held]) -> str:
    if delivery_id not in allowed:
        return cannot_be_triggered(delivery_id)
    states = {attempt.state for attempt in attempts if attempt.delivery_id == delivery_id}
    if states & _SOLD:
        return ALREADY_SOLD
    return OUTCOME_UNKNOWN if AttemptState.UNKNOWN in states else DONE
