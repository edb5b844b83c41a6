"""A lead's history: what the system and people did to it, in the order in which it happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from leadyard.leads.model import AttemptState, Lead, SaleStatus, SystemStatus
from leadyard.leads.views import AttemptView, LeadEvent
from leadyard.storage.database import Connection

UPDATED = "updated"
QUARANTINED = "quarantined"
RELEASED = "released"
REFUSED = "refused"
TRIGGERED = "triggered"
REPROCESSED = "reprocessed"
FINANCIALS_CHANGED = "financials changed"
COST_BOOKED = "cost booked"
RESOLVED = "resolved"
RETURN_ASKED = "return asked"
RETURN_REFUSED = "return refused"
RETURNED = "returned"
ASSIGNED = "assigned"
FEEDBACK = "feedback"

BY_HAND = "assigned by hand"
"""The reason of an attempt that no worker made; an event of its own tells who did."""

_AFTER = "after attempt "

_RECORD = """
INSERT INTO lead_events (account_id, lead_id, id, at, event, detail, actor)
SELECT $1, lead_id,
       coalesce((SELECT max(e.id) FROM lead_events e WHERE e.account_id = $1 AND e.lead_id = row.lead_id), 0) + 1,
       $2, $3, detail, $4
FROM unnest($5::bigint[], $6::text[]) AS row (lead_id, detail)
"""

_COUNT = """
SELECT lead_id, count(*) AS times FROM lead_events
WHERE account_id = $1 AND lead_id = ANY($2::bigint[]) AND event = $3
GROUP BY lead_id
"""


async def count(
    connection: Connection, account_id: int, event: str, lead_ids: Sequence[int]
) -> dict[int, int]:
    """Count how often something has happened to leads."""
    rows = await connection.fetch(_COUNT, account_id, lead_ids, event)
    return {row["lead_id"]: row["times"] for row in rows}


async def record(
    connection: Connection,
    account_id: int,
    now: datetime,
    event: str,
    details: Mapping[int, str],
    actor: str,
) -> None:
    """Write one event of each lead, as lead id to detail; the caller holds the leads locked.

    A detail names fields, deliveries and amounts, never a value of personal data.
    """
    if details:
        await connection.execute(
            _RECORD, account_id, now, event, actor, list(details), list(details.values())
        )


def new_pass(last_attempt: int) -> str:
    """Word the detail of an event that begins a new pass over the deliveries."""
    return f"{_AFTER}{last_attempt}"


def pass_start(recorded: Iterable[LeadEvent], number: int) -> int:
    """Find the attempt after which the pass of an attempt began, from its lead's events."""
    details = [e.detail for e in recorded if e.event == REPROCESSED and e.detail.startswith(_AFTER)]
    starts = [int(detail.removeprefix(_AFTER)) for detail in details]
    return max((start for start in starts if start < number), default=0)


def history(
    lead: Lead, attempts: tuple[AttemptView, ...], recorded: tuple[LeadEvent, ...]
) -> tuple[LeadEvent, ...]:
    """Put the moves that the lead and its attempts tell of and the recorded ones in order of time."""
    moves = [LeadEvent(lead.received_at, "received", lead.channel.name.lower(), "")]
    again = any(event.event == QUARANTINED for event in recorded)
    if lead.system_status is SystemStatus.QUARANTINED and not again:
        moves.append(LeadEvent(lead.received_at, QUARANTINED, "", ""))
    if lead.decided_at is not None:
        accepted = lead.system_status is SystemStatus.VALID
        moves.append(LeadEvent(lead.decided_at, "valid" if accepted else "invalid", _why(lead), ""))
    moves += [_attempted(attempt) for attempt in attempts if attempt.reason != BY_HAND]
    if lead.sale_status is SaleStatus.UNSOLD:
        moves.append(LeadEvent(_last_move(lead, attempts), "unsold", "", ""))
    # Sorting is stable: of moves at one instant, the system's come before what people did with them.
    return tuple(sorted((*moves, *recorded), key=lambda event: event.at))


def _why(lead: Lead) -> str:
    if lead.system_status is SystemStatus.VALID:
        return ""
    return f"code {lead.code}"


def _attempted(attempt: AttemptView) -> LeadEvent:
    # A sale that was given back later was a sale when the attempt ended; an event of its own tells the rest.
    given_back = attempt.state in {AttemptState.RETURNED, AttemptState.REASSIGNED}
    event = "sold" if given_back else attempt.state.name.lower()
    detail = f"delivery {attempt.delivery_id}" + (f": {attempt.reason}" if attempt.reason else "")
    return LeadEvent(attempt.finished_at or attempt.started_at, event, detail, "")


def _last_move(lead: Lead, attempts: tuple[AttemptView, ...]) -> datetime:
    moments = [attempt.finished_at or attempt.started_at for attempt in attempts]
    return max((lead.decided_at or lead.received_at, *moments))
