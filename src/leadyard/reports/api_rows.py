"""The rows of the own API's reports on suppliers, buyers and lead activity."""

from decimal import Decimal

import msgspec

from leadyard.kit.money import from_micros
from leadyard.reports.definitions import percent, rate
from leadyard.reports.model import BuyerReportRow, CampaignReportRow, Correction


class SupplierReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier's leads; `supplier_id` 0 is nobody's. `adjusted` figures add what was booked later for earlier leads."""

    label: str | None
    campaign_id: int | None
    supplier_id: int | None
    ssid: str | None
    currency: str
    leads: int
    valid: int
    invalid: int
    pending: int
    rejections: int
    approved: int
    returned: int
    payable: int
    valid_percent: Decimal
    payable_percent: Decimal
    payout: Decimal
    revenue: Decimal
    validation_cost: Decimal
    email_cost: Decimal
    sms_cost: Decimal
    profit: Decimal
    payout_per_valid: Decimal
    revenue_per_valid: Decimal
    payout_adjusted: Decimal
    revenue_adjusted: Decimal
    profit_adjusted: Decimal


class BuyerSalesRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer was sent, took and owes; `supplier_id` only when rows are split by supplier."""

    label: str | None
    campaign_id: int | None
    supplier_id: int | None
    buyer_id: int | None
    currency: str
    posted: int
    accepted: int
    sold: int
    rejected: int
    returned: int
    sold_percent: Decimal
    returned_percent: Decimal
    revenue: Decimal
    revenue_per_posted: Decimal
    revenue_per_sold: Decimal


def supplier_row(row: CampaignReportRow, correction: Correction) -> SupplierReportRow:
    """Write a supplier's row."""
    sums = row.sums
    return SupplierReportRow(
        label=row.label,
        campaign_id=row.campaign_id,
        supplier_id=row.supplier_id,
        ssid=row.ssid,
        currency=row.currency,
        leads=sums.leads,
        valid=sums.valid,
        invalid=sums.invalid,
        pending=sums.pending,
        rejections=sums.rejections,
        approved=sums.approved,
        returned=sums.returned,
        payable=sums.payable,
        valid_percent=percent(sums.valid, sums.leads),
        payable_percent=percent(sums.payable, sums.valid),
        payout=from_micros(sums.payout),
        revenue=from_micros(sums.revenue),
        validation_cost=from_micros(sums.validation_cost),
        email_cost=from_micros(sums.email_cost),
        sms_cost=from_micros(sums.sms_cost),
        profit=from_micros(sums.profit),
        payout_per_valid=rate(sums.payout, sums.valid),
        revenue_per_valid=rate(sums.revenue, sums.valid),
        payout_adjusted=from_micros(sums.payout + correction.payout),
        revenue_adjusted=from_micros(sums.revenue + correction.revenue),
        profit_adjusted=from_micros(sums.profit + correction.revenue - correction.payout),
    )


def buyer_row(row: BuyerReportRow) -> BuyerSalesRow:
    """Write a buyer's row."""
    sums = row.sums
    return BuyerSalesRow(
        label=row.label,
        campaign_id=row.campaign_id,
        supplier_id=row.supplier_id,
        buyer_id=row.buyer_id,
        currency=row.currency,
        posted=sums.posted,
        accepted=sums.accepted,
        sold=sums.sold,
        rejected=sums.rejected,
        returned=sums.returned,
        sold_percent=percent(sums.sold, sums.posted),
        returned_percent=percent(sums.returned, sums.sold),
        revenue=from_micros(sums.revenue),
        revenue_per_posted=rate(sums.revenue, sums.posted),
        revenue_per_sold=rate(sums.revenue, sums.sold),
    )
