"""Keeping roll-ups up to date and reading reports from them."""

from datetime import UTC, datetime, timedelta

from leadyard.reports import store
from leadyard.reports.corrections import fold_corrections, has_corrections
from leadyard.reports.locks import try_lock
from leadyard.reports.model import CampaignReportRequest, CampaignReportRow, Deltas, LeadSums
from leadyard.reports.periods import Period
from leadyard.reports.segments import NO_TIME_GROUP, hours_of, segments_of
from leadyard.reports.store import LeadFilter
from leadyard.storage.database import Connection

FOLD_MOST = 20_000
_LONG = timedelta(days=400)
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def lead_delta_statement(first: int) -> str:
    """Write the statement that appends lead deltas, from parameter `first` on; other statements may hold it.

    Its parameters are `Deltas.lead_columns()`.
    """
    return store.lead_insert(first)


async def write_deltas(connection: Connection, deltas: Deltas) -> None:
    """Append deltas inside the caller's unit of work: one statement, or none when nothing changed."""
    leads, buyers = deltas.lead_columns(), deltas.buyer_columns()
    if leads[0] or buyers[0]:
        await store.write_deltas(connection, leads, buyers)


async def fold(connection: Connection, account_id: int, most: int = FOLD_MOST) -> int:
    """Move up to `most` deltas of each kind into their hours inside the caller's unit of work; gives how many.

    A reader's statement sees each delta either unfolded or in its hour. Where another process folds the
    account just now, there is nothing to do and 0 is given.
    """
    corrected = await has_corrections(connection, account_id)
    if not corrected and not await store.has_deltas(connection, account_id):
        return 0
    if not await try_lock(connection, "fold", account_id):
        return 0
    leads, buyers = await store.fold(connection, account_id, most)
    return leads + buyers + (await fold_corrections(connection, account_id, most) if corrected else 0)


async def campaign_report(connection: Connection, request: CampaignReportRequest) -> list[CampaignReportRow]:
    """Read a campaign report (LeadByte contract, section 9): a row for each group with a lead in the window.

    Whole hours come from the roll-ups with the deltas not folded yet, the rest of the window from the leads,
    all in one snapshot. Rows are in the order of time, then of campaign ids.
    """
    period = await _within_data(connection, request.account_id, request.period)
    if period.start >= period.end:
        return []
    segments = segments_of(period, request.group, request.zone)
    rows = await store.campaign_sums(
        connection,
        request.account_id,
        hours_of(period, segments),
        [segment.start for segment in segments],
        LeadFilter(request.campaigns, request.supplier_ids, request.channels),
        by_campaign=request.show_campaign or request.group == NO_TIME_GROUP,
    )
    sums: dict[tuple[str | None, int | None, str], LeadSums] = {}
    for row in rows:
        key = (segments[row.segment - 1].label, row.campaign_id, row.currency)
        sums[key] = row.sums.plus(sums[key]) if key in sums else row.sums
    ordered = sorted(sums, key=lambda key: (key[0] or "", key[1] or 0, key[2]))
    return [CampaignReportRow(*key, sums[key]) for key in ordered if sums[key].leads]


async def _within_data(connection: Connection, account_id: int, period: Period) -> Period:
    """Cut a long window down to the hours that hold leads, so that nobody can ask for a million empty rows."""
    start, end = max(period.start, _EARLIEST), min(period.end, _LATEST)
    if end - start > _LONG:
        first, last = await store.first_and_last_hour(connection, account_id)
        if first is None or last is None:
            return Period(start, start)
        start, end = max(start, first), min(end, last + timedelta(hours=1))
    return Period(start, end)
