"""What buyers and the operator's own people say of leads, inside the caller's unit of work."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery import outbox
from leadyard.delivery.subscriptions import about
from leadyard.identity.model import Principal
from leadyard.leads import events
from leadyard.leads import store as leads_store
from leadyard.leads.after_sale import store
from leadyard.leads.after_sale.model import FEEDBACK_PRESENT, NOT_SOLD_TO_BUYER, Feedback, Sale
from leadyard.leads.model import Lead, SystemStatus
from leadyard.leads.outcomes import DONE, NOT_FOUND, limit_of
from leadyard.storage.database import Connection

INTERNAL = 0
"""In place of a buyer: the operator's own people."""


async def give_feedback(
    connection: Connection,
    setup: AccountSetup,
    principal: Principal,
    lead_ids: Sequence[int],
    said: Feedback,
    now: datetime,
    *,
    overwrite: bool,
) -> dict[int, str]:
    """Keep what a buyer that got the leads, or one of our own (buyer 0), says of them, once for each."""
    account_id = setup.account.id
    locked = await leads_store.lock(connection, account_id, lead_ids, limit_of(principal))
    sales = await store.sales(connection, account_id, list(locked))
    known = await store.feedback(connection, account_id, list(locked), said.buyer_id)
    done = {
        lead_id: _refusal(
            locked[lead_id].lead if lead_id in locked else None, sales.get(lead_id, []), said.buyer_id
        )
        for lead_id in lead_ids
    }
    if not overwrite:
        done = {
            lead_id: FEEDBACK_PRESENT if reason == DONE and lead_id in known else reason
            for lead_id, reason in done.items()
        }
    kept = [lead_id for lead_id, reason in done.items() if reason == DONE]
    if kept:
        await store.replace_feedback(connection, account_id, kept, said)
        who = "internal" if said.buyer_id == INTERNAL else f"buyer {said.buyer_id}"
        details = dict.fromkeys(kept, who)
        await events.record(connection, account_id, now, events.FEEDBACK, details, principal.actor)
        await _tell(connection, setup, [locked[lead_id].lead for lead_id in kept], said, now)
    return done


async def _tell(
    connection: Connection, setup: AccountSetup, leads: Sequence[Lead], said: Feedback, now: datetime
) -> None:
    if said.buyer_id == INTERNAL:
        return
    details = {"buyer_id": said.buyer_id, "feedback": said.feedback, "notes": said.notes}
    told = {lead.id: about(lead.campaign_id, lead.supplier_id, **details) for lead in leads}
    await outbox.announce(connection, setup, now, WebhookEvent.LEAD_FEEDBACK, told)


def _refusal(lead: Lead | None, sales: Sequence[Sale], buyer_id: int) -> str:
    if lead is None or lead.system_status is not SystemStatus.VALID:
        return NOT_FOUND
    bought = buyer_id == INTERNAL or any(sale.buyer_id == buyer_id for sale in sales)
    return DONE if bought else NOT_SOLD_TO_BUYER
