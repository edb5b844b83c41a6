"""Cancelling purchases, inside the caller's unit of work (docs/affiliates.md, "Purchases")."""

import uuid
from datetime import datetime

import msgspec

from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.clawing_back import counterpart
from leadyard.affiliates.commissions.store import lock
from leadyard.affiliates.model import Program, PurchaseState
from leadyard.affiliates.purchases import schedule_store, store
from leadyard.affiliates.purchases.model import Cancellation, Cancelled, Purchase
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.ledger.service import Ledger
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.counters import take_ids
from leadyard.storage.database import Connection


async def cancel(
    connection: Connection,
    ledger: Ledger,
    program: Program,
    person: Person,
    purchase: Purchase,
    wanted: Cancellation,
    now: datetime,
) -> tuple[Purchase, Person]:
    """Cancel a purchase of a person whose row is locked; a second time changes nothing.

    What was earned until a time to come stays; else what is unpaid is cancelled and what is paid gets a counterpart.
    """
    if purchase.is_cancelled:
        return purchase, person
    account_id = purchase.account_id
    effective_at = wanted.effective_at or now
    [cancellation_id] = await take_ids(connection, account_id, "cancellations")
    code = wanted.cancellation_code or str(uuid.uuid4())
    after = msgspec.structs.replace(
        purchase,
        state=PurchaseState.CANCELLED,
        updated_at=now,
        cancellation=Cancelled(cancellation_id, code, effective_at, wanted.source),
    )
    await store.update(connection, after)
    is_later = effective_at > now
    await schedule_store.end(connection, account_id, purchase.id, effective_at if is_later else None)
    if not is_later:
        await _take_back(connection, ledger, program, after, now)
    fewer = msgspec.structs.replace(person, standing_purchases=person.standing_purchases - 1, updated_at=now)
    await people.save(connection, fewer)
    await announce_programme_news(
        connection, account_id, now, WebhookEvent.PURCHASE_CANCELLED, [after.told()]
    )
    return await store.by_id(connection, account_id, purchase.id) or after, fewer


async def _take_back(
    connection: Connection, ledger: Ledger, program: Program, purchase: Purchase, now: datetime
) -> None:
    rows = await lock(connection, purchase.account_id, "purchase_id", purchase.id)
    booking = Booking(ledger, purchase.account_id, now)
    booking.cancel((row for row in rows if row.can_change), note="the purchase was cancelled")
    if program.claw_back:
        booking.make(counterpart(row, now) for row in rows if row.is_settled and row.amount > 0)
    await booking.write(connection)
