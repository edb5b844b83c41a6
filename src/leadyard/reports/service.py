"""Keeping roll-ups up to date and reading reports from them."""

from datetime import UTC, datetime, timedelta

import msgspec

from leadyard.reports import store
from leadyard.reports.locks import try_lock
from leadyard.reports.model import CampaignReportRequest, CampaignReportRow, Deltas, LeadSums, Place
from leadyard.reports.periods import Period
from leadyard.reports.segments import NO_TIME_GROUP, Hours, Segment, hours_of, segments_of
from leadyard.reports.store import LeadFilter, Split
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
    if not await store.has_deltas(connection, account_id):
        return 0
    if not await try_lock(connection, "fold", account_id):
        return 0
    leads, buyers = await store.fold(connection, account_id, most)
    return leads + buyers


async def campaign_report(connection: Connection, request: CampaignReportRequest) -> list[CampaignReportRow]:
    """Read a campaign report (docs/leadbyte.md, "Reports"): a row for each group with a lead in the window.

    Whole hours come from the roll-ups with the deltas not folded yet, the rest of the window from the leads,
    all in one snapshot. Rows are in the order of time, then of campaign ids.
    """
    window = await window_of(connection, request)
    if window is None:
        return []
    rows = await store.lead_sums(
        connection,
        request.account_id,
        window.hours,
        [segment.start for segment in window.segments],
        LeadFilter(
            request.campaigns,
            request.supplier_ids,
            request.channels,
            request.buyer_ids,
            request.responder_ids,
        ),
        Split(_shows_campaign(request), request.show_supplier, request.show_ssid),
    )
    sums: dict[Place, LeadSums] = {}
    for row in rows:
        label = window.segments[row.segment - 1].label
        key = (label, row.campaign_id, row.supplier_id, row.ssid, row.currency)
        sums[key] = row.sums.plus(sums[key]) if key in sums else row.sums
    return [
        CampaignReportRow(label, campaign_id, currency, sums[key], supplier_id, ssid)
        for key in sorted(sums, key=in_order)
        for label, campaign_id, supplier_id, ssid, currency in [key]
        if sums[key].leads
    ]


class Window(msgspec.Struct, frozen=True):
    """A window that holds data, cut into segments, and how to read it."""

    period: Period
    segments: list[Segment]
    hours: Hours


async def window_of(
    connection: Connection, request: CampaignReportRequest, *, one_by_one: bool = False
) -> Window | None:
    """Cut the window of a request; None when it holds nothing. What roll-ups cannot tell is read one by one."""
    period = await _within_data(connection, request.account_id, request.period)
    if period.start >= period.end:
        return None
    segments = segments_of(period, request.group, request.zone)
    chosen = request.buyer_ids is not None or request.responder_ids is not None
    if chosen or one_by_one:
        return Window(period, segments, Hours(period.start, period.start, (), ((period.start, period.end),)))
    return Window(period, segments, hours_of(period, segments))


def in_order(key: Place) -> tuple[str, int, int, str, str]:
    """Order rows by time, then campaign, supplier and ssid."""
    label, campaign_id, supplier_id, ssid, currency = key
    return label or "", campaign_id or 0, supplier_id or 0, ssid or "", currency


def _shows_campaign(request: CampaignReportRequest) -> bool:
    return request.show_campaign or request.group == NO_TIME_GROUP


async def _within_data(connection: Connection, account_id: int, period: Period) -> Period:
    """Cut a long window down to the hours that hold leads, so that nobody can ask for a million empty rows."""
    start, end = max(period.start, _EARLIEST), min(period.end, _LATEST)
    if end - start > _LONG:
        first, last = await store.first_and_last_hour(connection, account_id)
        if first is None or last is None:
            return Period(start, start)
        start, end = max(start, first), min(end, last + timedelta(hours=1))
    return Period(start, end)
