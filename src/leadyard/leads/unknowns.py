"""Saying what became of a lead at a buyer that may have taken it, inside the caller's unit of work."""

from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.reconciling import settle_unknown
from leadyard.identity.model import Principal
from leadyard.kit.errors import InvalidInputError
from leadyard.kit.money import MAX_AMOUNT, to_micros
from leadyard.leads import events, store
from leadyard.leads.outcomes import DONE, NOT_FOUND, NOT_UNKNOWN, limit_of
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.storage.database import Connection

LARGEST_NUMBER = 2**15 - 1


class Finding(msgspec.Struct, frozen=True):
    """What a person found out: whether the buyer has the lead, and what it pays (None: the delivery's price)."""

    lead_id: int
    number: int
    accepted: bool
    revenue: int | None


def require_finding(finding: Finding) -> None:
    """Refuse a price that cannot be booked; raises InvalidInputError."""
    if finding.revenue is None:
        return
    if not finding.accepted:
        raise InvalidInputError.of("revenue", "must be absent when the buyer did not take the lead")
    if not 0 <= finding.revenue <= to_micros(MAX_AMOUNT):
        raise InvalidInputError.of("revenue", f"must be from 0 to {MAX_AMOUNT}")


async def resolve(
    connection: Connection,
    setup: AccountSetup,
    ledger: Ledger,
    ids: ReservedIds,
    principal: Principal,
    finding: Finding,
    now: datetime,
) -> str:
    """Book what was found out; gives "" or why nothing was booked."""
    account_id, lead_id, number = principal.account_id, finding.lead_id, finding.number
    found = await store.read(connection, account_id, [lead_id], limit_of(principal))
    if not found:
        return NOT_FOUND
    settled = 0 < number <= LARGEST_NUMBER and await settle_unknown(
        connection,
        setup,
        ledger,
        ids,
        lead_id,
        number,
        after_attempt=events.pass_start(found[0].events, number),
        accepted=finding.accepted,
        revenue=finding.revenue,
        now=now,
        actor=principal.actor,
    )
    if not settled:
        return NOT_UNKNOWN
    detail = {lead_id: f"attempt {number}: {'accepted' if finding.accepted else 'rejected'}"}
    await events.record(connection, account_id, now, events.RESOLVED, detail, principal.actor)
    return DONE
