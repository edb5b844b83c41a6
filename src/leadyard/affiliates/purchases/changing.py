"""Changing purchases, inside the caller's unit of work."""

from datetime import datetime

import msgspec
from msgspec import UNSET

from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.purchases import store
from leadyard.affiliates.purchases.model import Purchase, PurchaseChange
from leadyard.affiliates.purchases.paying import pay_anew
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection


async def change(
    connection: Connection, ledger: Ledger, purchase: Purchase, wanted: PurchaseChange, now: datetime
) -> Purchase:
    """Change a purchase whose person is locked; another amount works its unpaid commissions out anew."""
    changes = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    after = msgspec.structs.replace(purchase, **changes)
    if after == purchase:
        return purchase
    after = msgspec.structs.replace(after, updated_at=now)
    await store.update(connection, after)
    amounts = (purchase.amount, purchase.currency)
    if (after.amount, after.currency) != amounts and not purchase.is_cancelled:
        booking = Booking(ledger, purchase.account_id, now)
        await pay_anew(connection, booking, after)
        await booking.write(connection)
    await tell_of_change(connection, after)
    return await store.by_id(connection, purchase.account_id, purchase.id) or after


async def tell_of_change(connection: Connection, purchase: Purchase) -> None:
    """Queue the news of a purchase that is not what it was."""
    told = [purchase.told()]
    await announce_programme_news(
        connection, purchase.account_id, purchase.updated_at, WebhookEvent.PURCHASE_CHANGED, told
    )
