"""Queueing leads for delivery, from outside the delivery room."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.delivery import store
from leadyard.storage.database import Connection

ROUTING = 0
"""In place of a delivery's id: the lead goes through the whole distribution."""


async def queue_for_routing(
    connection: Connection, account_id: int, lead_ids: Sequence[int], now: datetime
) -> None:
    """Queue leads for a new pass over the deliveries that have not taken them; ones that are queued stay so."""
    await store.enqueue(connection, account_id, [(lead_id, ROUTING) for lead_id in lead_ids], now)


async def queue_for_deliveries(
    connection: Connection, account_id: int, lead_id: int, delivery_ids: Sequence[int], now: datetime
) -> None:
    """Queue a lead for certain deliveries; ones for which it is queued already stay so."""
    jobs = [(lead_id, delivery_id) for delivery_id in dict.fromkeys(delivery_ids)]
    await store.enqueue(connection, account_id, jobs, now)
