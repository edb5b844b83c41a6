"""Settling attempts whose outcome was unknown, once a person has found out what became of them.

The booking is the worker's own: a settled attempt is a result like any other, only that a person brings it.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.holds import holds_of
from leadyard.delivery.outcomes import OutcomeBatch
from leadyard.delivery.planning import read_job
from leadyard.delivery.sending import Result, Sending
from leadyard.delivery.waves import Wave
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.routing.offers import Offer, Sale
from leadyard.routing.prices import price_of
from leadyard.routing.routes import compile_route
from leadyard.storage.database import Connection, Row

_NO_WORKER = 0

# The attempt is locked before its lead, as the worker does.
_LOCK = """
SELECT a.delivery_id, a.started_at, a.trace, a.sale, a.offer, a.holds FROM delivery_attempts a
WHERE a.account_id = $1 AND a.lead_id = $2 AND a.number = $3 AND a.state = 7
FOR UPDATE
"""

_JOB = """
SELECT 0 AS delivery_id, 0 AS after_attempt, l.id, l.uuid, l.campaign_id, l.supplier_id, l.sub_supplier_id, l.channel,
       l.system_status, l.sale_status, l.standing, l.fields, l.currency, l.received_at,
       l.validation_cost + l.email_cost + l.sms_cost AS costs,
       (SELECT json_agg(json_build_array(a.number, a.delivery_id, a.state, a.sale, a.revenue) ORDER BY a.number)
        FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = l.id)::text AS tried
FROM leads l WHERE l.account_id = $1 AND l.id = $2 FOR UPDATE OF l
"""


async def settle_unknown(
    connection: Connection,
    setup: AccountSetup,
    ledger: Ledger,
    ids: ReservedIds,
    lead_id: int,
    number: int,
    *,
    after_attempt: int,
    accepted: bool,
    revenue: int | None,
    now: datetime,
    actor: str,
) -> bool:
    """Book an unknown attempt as sold or as rejected; False when there is no such attempt.

    Sold without a revenue (micro-units) means the delivery's price. A rejected attempt gives its caps and credit back, and
    a lead that is not sold goes on with its pass, which began after `after_attempt`.
    """
    found = await lock_unknown(connection, setup, lead_id, number, after_attempt)
    if found is None:
        return False
    sending, trace = found
    result = _result(sending, trace, accepted=accepted, revenue=revenue, now=now, actor=actor)
    await OutcomeBatch(setup, _NO_WORKER, [result], now).write(connection, ledger, ids)
    return True


async def lock_unknown(
    connection: Connection, setup: AccountSetup, lead_id: int, number: int, after_attempt: int
) -> tuple[Sending, dict[str, object] | None] | None:
    """Lock an unknown attempt and its lead, and give what its worker held and its trace; None when there is none."""
    attempt = await connection.fetchrow(_LOCK, setup.account.id, lead_id, number)
    row = None if attempt is None else await connection.fetchrow(_JOB, setup.account.id, lead_id)
    if attempt is None or row is None:
        return None
    sending = _sending(setup, row, attempt, number, after_attempt)
    return None if sending is None else (sending, attempt["trace"])


def _sending(setup: AccountSetup, row: Row, attempt: Row, number: int, after_attempt: int) -> Sending | None:
    """Put together what the worker held when it sent the lead."""
    job = read_job(setup.account.id, row)
    job.after_attempt = after_attempt
    campaign = setup.campaigns.get(job.campaign_id)
    deliveries = () if campaign is None else campaign.deliveries
    delivery = next((d for d in deliveries if d.id == attempt["delivery_id"]), None)
    buyer = None if delivery is None else setup.buyers.get(delivery.buyer_id)
    if campaign is None or delivery is None or buyer is None:
        return None
    zone = ZoneInfo(setup.account.time_zone)
    sale = Sale(attempt["sale"])
    price = price_of(campaign, delivery, sale) if attempt["offer"] is None else attempt["offer"]
    offer, wave = Offer(delivery, sale, price), Wave(frozenset({number}))
    goes_on = compile_route(campaign).goes_on_after(delivery.id, sale)
    return Sending(
        job, number, delivery, buyer, campaign, setup, zone, attempt["started_at"], offer, wave, goes_on,
        holds_of(setup.account.id, attempt["holds"]),
    )  # fmt: skip


def _result(
    sending: Sending,
    trace: dict[str, object] | None,
    *,
    accepted: bool,
    revenue: int | None,
    now: datetime,
    actor: str,
) -> Result:
    traced = {**(trace or {}), "settled_by": actor}
    if accepted:
        price = sending.offer.price if revenue is None else revenue
        due_at = now if sending.goes_on else None
        return Result(sending, AttemptState.SOLD, "settled by hand: accepted", price, traced, due_at)
    sold = sending.job.sale_status in (SaleStatus.SOLD, SaleStatus.ASSIGNED) and not sending.goes_on
    due_at = None if sold else now
    return Result(sending, AttemptState.REJECTED, "settled by hand: rejected", 0, traced, due_at)
