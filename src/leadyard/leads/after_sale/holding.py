"""Writing sales that a person made, with what they take of caps and credit."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.holds import document_of
from leadyard.delivery.limits import Limits
from leadyard.delivery.sending import Job, Result, Sending
from leadyard.delivery.settling import Settling
from leadyard.delivery.waves import Wave
from leadyard.leads import events
from leadyard.leads.after_sale import store
from leadyard.leads.after_sale.assignment import Assignment
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.credit.counters import post_rare
from leadyard.routing.offers import Offer, Sale
from leadyard.storage.database import Connection


async def write_sales(
    connection: Connection, setup: AccountSetup, assigned: Sequence[Assignment], now: datetime
) -> None:
    """Write the attempts of assignments, inside the caller's unit of work, once the old sales hold nothing more.

    They count in caps whatever the limits, and take as much of the buyer's credit as there is.
    """
    limits, settling = Limits(setup, now), Settling(setup, now)
    jobs = [job_of(one) for one in assigned]
    await limits.lock(connection, [(job, one.delivery) for job, one in zip(jobs, assigned, strict=True)])
    for job, one in zip(jobs, assigned, strict=True):
        holds = limits.take(job, one.delivery, one.revenue, is_forced=True)
        number = await store.insert_assignment(
            connection, one.before, one.delivery, one.revenue, events.BY_HAND, document_of(holds), now
        )
        buyer = setup.buyers.get(one.delivery.buyer_id)
        if buyer is None:
            continue
        sending = Sending(
            job,
            number,
            one.delivery,
            buyer,
            setup.campaigns[job.campaign_id],
            setup,
            ZoneInfo(setup.account.time_zone),
            now,
            Offer(one.delivery, Sale.EXCLUSIVE, one.revenue),
            Wave(frozenset({number})),
            holds=holds,
        )
        result = Result(sending, AttemptState.ASSIGNED, events.BY_HAND, one.revenue, {}, None)
        settling.add(result, payout=one.payout, is_first=True)
    await limits.write(connection)
    await post_rare(connection, await settling.write(connection))


def job_of(assigned: Assignment) -> Job:
    """Show a lead as the worker holds it, not sold to anybody."""
    lead = assigned.before
    return Job(
        lead.account_id,
        lead.id,
        lead.uuid,
        0,
        0,
        assigned.delivery.campaign_id,
        lead.supplier_id,
        lead.sub_supplier_id,
        lead.channel,
        SaleStatus.RETURNED,
        lead.standing,
        lead.fields,
        lead.currency,
        lead.received_at,
        [],
    )
