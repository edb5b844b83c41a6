"""What text messages to buyers cost: booked with the sale that they made, in the same unit of work."""

from collections.abc import Mapping
from datetime import datetime

from leadyard.delivery.sending import Result
from leadyard.ledger.model import Entry, EntryKind, cost
from leadyard.storage.database import Connection

_ADD = """
UPDATE leads l SET sms_cost = l.sms_cost + row.amount
FROM unnest($2::bigint[], $3::bigint[]) AS row (id, amount)
WHERE l.account_id = $1 AND l.id = row.id
"""


def sms_cost_of(result: Result) -> int:
    """Read from an attempt's trace what its text message cost, in micro-units."""
    told = result.trace.get("sms")
    return int(told["cost_micros"]) if isinstance(told, Mapping) else 0


def sms_cost_entry(result: Result, amount: int, now: datetime) -> Entry | None:
    """Make the ledger's entry of a text message; None when it cost nothing."""
    job = result.sending.job
    return cost(
        job.account_id,
        EntryKind.SMS_COST,
        now,
        job.lead_id,
        amount=amount,
        currency=job.currency,
        memo=f"delivery {result.sending.delivery.id}",
    )


async def add_message_costs(connection: Connection, account_id: int, amounts: Mapping[int, int]) -> None:
    """Add to what messages of leads have cost, as lead id to micro-units; the caller holds the leads locked."""
    if amounts:
        await connection.execute(_ADD, account_id, list(amounts), list(amounts.values()))
