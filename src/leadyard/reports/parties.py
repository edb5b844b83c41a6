"""The suppliers' corrections and the buyers' report (docs/leadbyte.md, "Reports")."""

from leadyard.reports import buyer_store
from leadyard.reports.model import (
    BuyerReportRow,
    BuyerSums,
    CampaignReportRequest,
    Correction,
    Place,
)
from leadyard.reports.segments import NO_TIME_GROUP
from leadyard.reports.service import window_of
from leadyard.reports.store import LeadFilter, Split
from leadyard.storage.database import Connection

_BuyerPlace = tuple[str | None, int | None, int | None, int | None, str]


async def buyer_report(
    connection: Connection, request: CampaignReportRequest, *, show_buyer: bool = True
) -> list[BuyerReportRow]:
    """Read the buyers' report: a row for each group in which a buyer answered or owes something.

    Roll-ups do not know how leads came in, so a report of some channels only counts lead by lead. Rows are in the
    order of time, campaign, supplier and buyer ids.
    """
    window = await window_of(connection, request, one_by_one=request.channels is not None)
    if window is None:
        return []
    rows = await buyer_store.buyer_sums(
        connection,
        request.account_id,
        window.hours,
        [segment.start for segment in window.segments],
        _filter(request),
        _split(request),
        by_buyer=show_buyer,
    )
    sums: dict[_BuyerPlace, BuyerSums] = {}
    for row in rows:
        label = window.segments[row.segment - 1].label
        key = (label, row.campaign_id, row.supplier_id, row.buyer_id, row.currency)
        sums[key] = row.sums.plus(sums[key]) if key in sums else row.sums
    return [BuyerReportRow(*key, sums[key]) for key in sorted(sums, key=_in_order) if not sums[key].is_empty]


async def corrections(connection: Connection, request: CampaignReportRequest) -> dict[Place, Correction]:
    """Sum what was booked inside the window on leads received before it, by the place of the row it belongs to."""
    window = await window_of(connection, request)
    if window is None:
        return {}
    timed = request.group != NO_TIME_GROUP
    booked = window.period if timed else request.period
    rows = await buyer_store.correction_sums(
        connection,
        request.account_id,
        (booked.start, booked.end),
        request.period.start,
        [segment.start for segment in window.segments] if timed else [booked.start],
        _filter(request),
        _split(request),
    )
    sums: dict[Place, Correction] = {}
    for row in rows:
        label = window.segments[row.segment - 1].label
        key = (label, row.campaign_id, row.supplier_id, row.ssid, row.currency)
        sums[key] = row.correction.plus(sums[key]) if key in sums else row.correction
    return sums


def _filter(request: CampaignReportRequest) -> LeadFilter:
    return LeadFilter(
        request.campaigns, request.supplier_ids, request.channels, request.buyer_ids, request.responder_ids
    )


def _split(request: CampaignReportRequest) -> Split:
    by_campaign = request.show_campaign or request.group == NO_TIME_GROUP
    return Split(by_campaign, request.show_supplier, request.show_ssid)


def _in_order(key: _BuyerPlace) -> tuple[str, int, int, int, str]:
    label, campaign_id, supplier_id, buyer_id, currency = key
    return label or "", campaign_id or 0, supplier_id or 0, buyer_id or 0, currency
