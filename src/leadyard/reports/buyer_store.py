"""The statements behind the buyers' report and behind corrections."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.ledger.model import NOBODY, Book, EntryKind
from leadyard.reports.model import ATTEMPT_COUNTED, BuyerSums, Correction
from leadyard.reports.segments import Hours
from leadyard.reports.store import LeadFilter, Split, chosen_leads, of_responders
from leadyard.storage.database import Connection
from leadyard.storage.tables.rollups import BUYER_MEASURES

_COUNTS = BUYER_MEASURES[:-1]
_CORRECTING = f"'{EntryKind.RETURNED}', '{EntryKind.FINANCIALS_CHANGED}'"


def _states(count: str) -> str:
    return ", ".join(str(int(state)) for state, counts in ATTEMPT_COUNTED.items() if count in counts)


_SUMS = ", ".join(f"sum({name}) AS {name}" for name in BUYER_MEASURES)
_ATTEMPTS = ", ".join(f"count(*) FILTER (WHERE a.state IN ({_states(name)})) AS {name}" for name in _COUNTS)
_LEADS = """
    campaign_id = ANY($7::bigint[])
    AND ($9::bigint[] IS NULL OR coalesce(supplier_id, 0) = ANY($9))
"""
_WHOLE_HOURS = f"""
    account_id = $1 AND hour >= $2 AND hour < $3 AND hour <> ALL($4::timestamptz[]) AND buyer_id <> {NOBODY}
    AND ($15::bigint[] IS NULL OR buyer_id = ANY($15)) AND {_LEADS}
"""
_PLACE = "campaign_id, CASE WHEN $13 THEN coalesce(supplier_id, 0) END AS supplier_id"
_HOURS = f"SELECT width_bucket(hour, $11::timestamptz[]) AS segment, {_PLACE}, buyer_id, {_SUMS}"
_PARTS = """
    FROM unnest($5::timestamptz[], $6::timestamptz[]) AS part (starts, ends)
    JOIN leads ON leads.account_id = $1 AND received_at >= part.starts AND received_at < part.ends
"""
_OF_PARTS = f"""
    NOT is_test AND {_LEADS} AND ($10::smallint[] IS NULL OR leads.channel = ANY($10)) AND {of_responders(16)}
"""
_BUYER_REPORT = f"""
WITH counted AS (
    {_HOURS} FROM buyer_rollups WHERE {_WHOLE_HOURS} GROUP BY 1, 2, 3, 4
    UNION ALL
    {_HOURS} FROM buyer_deltas WHERE {_WHOLE_HOURS} GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT width_bucket(received_at, $11::timestamptz[]), {_PLACE}, a.buyer_id, {_ATTEMPTS}, 0
    {_PARTS}
    JOIN delivery_attempts a ON a.account_id = $1 AND a.lead_id = leads.id
    WHERE ($15::bigint[] IS NULL OR a.buyer_id = ANY($15)) AND {_OF_PARTS} GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT width_bucket(received_at, $11::timestamptz[]), {_PLACE}, p.party_id,
        {", ".join("0" for _ in _COUNTS)}, sum(p.amount)
    {_PARTS}
    JOIN ledger_entries n ON n.account_id = $1 AND n.lead_id = leads.id
    JOIN ledger_postings p ON p.account_id = $1 AND p.entry_id = n.id AND p.book = '{Book.BUYER}'
    WHERE p.party_id <> {NOBODY} AND ($15::bigint[] IS NULL OR p.party_id = ANY($15)) AND {_OF_PARTS}
    GROUP BY 1, 2, 3, 4
)
SELECT segment, CASE WHEN $12 THEN campaign_id END AS campaign_id, supplier_id,
    CASE WHEN $14 THEN buyer_id END AS buyer_id, currency, {_SUMS}
FROM counted JOIN unnest($7::bigint[], $8::text[]) AS known (id, currency) ON known.id = campaign_id
GROUP BY 1, 2, 3, 4, 5
"""

_CORRECTIONS = f"""
SELECT width_bucket(n.at, $9::timestamptz[]) AS segment, CASE WHEN $10 THEN campaign_id END AS campaign_id,
    CASE WHEN $11 THEN coalesce(supplier_id, 0) END AS supplier_id,
    CASE WHEN $12 THEN coalesce(ssid, '') END AS ssid, known.currency,
    coalesce(sum(p.amount) FILTER (WHERE p.book = '{Book.PAYOUT}'), 0) AS payout,
    coalesce(-sum(p.amount) FILTER (WHERE p.book = '{Book.REVENUE}'), 0) AS revenue
FROM ledger_entries n
JOIN ledger_postings p ON p.account_id = $1 AND p.entry_id = n.id
    AND p.book IN ('{Book.PAYOUT}', '{Book.REVENUE}')
JOIN leads ON leads.account_id = $1 AND leads.id = n.lead_id
JOIN unnest($5::bigint[], $6::text[]) AS known (id, currency) ON known.id = campaign_id
LEFT JOIN sub_suppliers s ON s.account_id = $1 AND s.id = sub_supplier_id
WHERE n.account_id = $1 AND n.kind IN ({_CORRECTING}) AND n.at >= $2 AND n.at < $3 AND received_at < $4
    AND NOT is_test
    AND ($7::bigint[] IS NULL OR coalesce(supplier_id, 0) = ANY($7))
    AND ($8::smallint[] IS NULL OR leads.channel = ANY($8)) AND {chosen_leads(13)}
GROUP BY 1, 2, 3, 4, 5
"""


class BuyerSumsRow(msgspec.Struct, frozen=True):
    """Sums of one segment of time (counted from 1), and of what they are split by."""

    segment: int
    campaign_id: int | None
    supplier_id: int | None
    buyer_id: int | None
    currency: str
    sums: BuyerSums


class CorrectionRow(msgspec.Struct, frozen=True):
    """Corrections booked in one segment of time (counted from 1), and of what they are split by."""

    segment: int
    campaign_id: int | None
    supplier_id: int | None
    ssid: str | None
    currency: str
    correction: Correction


async def buyer_sums(
    connection: Connection,
    account_id: int,
    hours: Hours,
    segments: Sequence[datetime],
    leads: LeadFilter,
    split: Split,
    *,
    by_buyer: bool,
) -> list[BuyerSumsRow]:
    """Sum what buyers were sent, took and owe, per segment of time in which the leads were received."""
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        rows = await connection.fetch(
            _BUYER_REPORT,
            account_id,
            hours.starts,
            hours.ends,
            hours.straddling,
            [start for start, _ in hours.parts],
            [end for _, end in hours.parts],
            list(leads.campaigns),
            list(leads.campaigns.values()),
            leads.supplier_ids,
            leads.channels,
            segments,
            split.campaign,
            split.supplier,
            by_buyer,
            leads.buyer_ids,
            leads.responder_ids,
        )
    return [
        BuyerSumsRow(
            row["segment"],
            row["campaign_id"],
            row["supplier_id"],
            row["buyer_id"],
            row["currency"],
            BuyerSums(*(int(row[name]) for name in BUYER_MEASURES)),
        )
        for row in rows
    ]


async def correction_sums(
    connection: Connection,
    account_id: int,
    booked: tuple[datetime, datetime],
    received_before: datetime,
    segments: Sequence[datetime],
    leads: LeadFilter,
    split: Split,
) -> list[CorrectionRow]:
    """Sum returns and financial updates booked in a window for leads received before an instant."""
    rows = await connection.fetch(
        _CORRECTIONS,
        account_id,
        *booked,
        received_before,
        list(leads.campaigns),
        list(leads.campaigns.values()),
        leads.supplier_ids,
        leads.channels,
        segments,
        split.campaign,
        split.supplier,
        split.ssid,
        leads.buyer_ids,
        leads.responder_ids,
    )
    return [
        CorrectionRow(
            row["segment"],
            row["campaign_id"],
            row["supplier_id"],
            row["ssid"],
            row["currency"],
            Correction(int(row["payout"]), int(row["revenue"])),
        )
        for row in rows
    ]
