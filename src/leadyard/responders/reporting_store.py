"""The statements that sum messages for reports and lists."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.reports.model import ATTEMPT_COUNTED, CampaignReportRequest
from leadyard.reports.periods import Period
from leadyard.responders.model import HANDED_OVER, MessageState
from leadyard.storage.database import Connection, Row

MEASURES = (
    "sent", "pending", "undelivered", "delivered", "opened", "clicks", "conversions", "unsubscribed", "cost", "revenue",
)  # fmt: skip
_HANDED = ", ".join(str(int(state)) for state in HANDED_OVER)
_BOUNCED, _DELIVERED = int(MessageState.BOUNCED), int(MessageState.DELIVERED)
_PENDING = f"{int(MessageState.SENT)}, {int(MessageState.UNKNOWN)}"
TOOK = ", ".join(str(int(state)) for state, counts in ATTEMPT_COUNTED.items() if "sold" in counts)
_SUMS = f"""
    count(*) FILTER (WHERE m.state IN ({_HANDED})) AS sent,
    count(*) FILTER (WHERE m.state IN ({_PENDING})) AS pending,
    count(*) FILTER (WHERE m.state = {_BOUNCED}) AS undelivered,
    count(*) FILTER (WHERE m.state = {_DELIVERED}
        OR m.channel = 1 AND m.state = {int(MessageState.SENT)}) AS delivered,
    count(m.opened_at) AS opened, coalesce(sum(m.clicks), 0)::bigint AS clicks,
    coalesce(sum(m.conversions), 0)::bigint AS conversions, count(m.unsubscribed_at) AS unsubscribed,
    coalesce(sum(m.cost), 0)::bigint AS cost, coalesce(sum(m.revenue), 0)::bigint AS revenue
"""
_OF_PUSHES = f"""
SELECT m.push_id, {_SUMS} FROM responder_messages m
WHERE m.account_id = $1 AND m.responder_id = ANY($2::bigint[]) GROUP BY 1
"""
_REPORT = f"""
SELECT width_bucket(m.received_at, $9::timestamptz[]) AS segment, CASE WHEN $10 THEN m.campaign_id END AS campaign_id,
    m.responder_id, CASE WHEN $11 THEN coalesce(m.supplier_id, 0) END AS supplier_id, m.push_id, m.currency,
    r.name AS responder, r.reference, p.settings AS push, {_SUMS}
FROM responder_messages m
JOIN responders r ON r.account_id = $1 AND r.id = m.responder_id
JOIN responder_pushes p ON p.account_id = $1 AND p.id = m.push_id
WHERE m.account_id = $1 AND m.channel = $2 AND m.received_at >= $3 AND m.received_at < $4
    AND m.campaign_id = ANY($5::bigint[])
    AND ($6::bigint[] IS NULL OR coalesce(m.supplier_id, 0) = ANY($6))
    AND ($7::bigint[] IS NULL OR m.responder_id = ANY($7))
    AND ($8::smallint[] IS NULL OR EXISTS (
        SELECT 1 FROM leads l WHERE l.account_id = $1 AND l.id = m.lead_id AND l.channel = ANY($8)
    ))
    AND ($12::bigint[] IS NULL OR EXISTS (
        SELECT 1 FROM delivery_attempts a WHERE a.account_id = $1 AND a.lead_id = m.lead_id
            AND a.state IN ({TOOK}) AND a.buyer_id = ANY($12)
    ))
    AND m.state IN ({_HANDED})
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6
"""


async def sums_of_pushes(
    connection: Connection, account_id: int, responder_ids: Sequence[int]
) -> dict[int, Row]:
    """Sum the messages of every push of responders, by push id."""
    rows = await connection.fetch(_OF_PUSHES, account_id, list(responder_ids))
    return {row["push_id"]: row for row in rows}


async def report(
    connection: Connection,
    request: CampaignReportRequest,
    medium: int,
    period: Period,
    segments: Sequence[datetime],
    *,
    by_campaign: bool,
) -> list[Row]:
    """Sum messages that were handed over in segments of a window, by the time at which their leads were received."""
    return list(
        await connection.fetch(
            _REPORT,
            request.account_id,
            medium,
            period.start,
            period.end,
            list(request.campaigns),
            request.supplier_ids,
            request.responder_ids,
            request.channels,
            segments,
            by_campaign,
            request.show_supplier,
            request.buyer_ids,
        )
    )
