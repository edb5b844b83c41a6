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


_LOCK_JOBS = """
SELECT delivery_id, worker_id FROM delivery_jobs WHERE account_id = $1 AND lead_id = $2 FOR UPDATE SKIP LOCKED
"""

_COUNT_JOBS = "SELECT count(*) FROM delivery_jobs WHERE account_id = $1 AND lead_id = $2"

_END_ROUTING = "DELETE FROM delivery_jobs WHERE account_id = $1 AND lead_id = $2 AND delivery_id = 0"


async def end_routing(connection: Connection, account_id: int, lead_id: int) -> bool:
    """Take a locked lead out of the distribution; False when a worker has it in hand just now.

    A worker that holds a job is passed over, not waited for: it may be waiting for the lead.
    """
    jobs = await connection.fetch(_LOCK_JOBS, account_id, lead_id)
    in_hand = any(job["worker_id"] is not None for job in jobs)
    if in_hand or await connection.fetchval(_COUNT_JOBS, account_id, lead_id) > len(jobs):
        return False
    await connection.execute(_END_ROUTING, account_id, lead_id)
    return True
