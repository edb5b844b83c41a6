"""A lead of a file delivery is sold when it stands in the delivery's queue: both are one unit of work."""

from collections.abc import Iterable
from datetime import datetime

from leadyard.campaigns.model import DeliveryKind
from leadyard.delivery.files import store
from leadyard.delivery.sending import Result
from leadyard.leads.model import AttemptState
from leadyard.storage.database import Connection


async def queue_sales(
    connection: Connection, account_id: int, now: datetime, results: Iterable[Result]
) -> None:
    """Queue the sales of file deliveries among the results of a batch, inside its unit of work."""
    sales = [
        (result.sending.job.lead_id, result.sending.number, result.sending.delivery.id)
        for result in results
        if result.state is AttemptState.SOLD and result.sending.delivery.settings.kind is DeliveryKind.FILE
    ]
    await store.queue(connection, account_id, now, sales)
