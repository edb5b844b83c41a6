"""The columns of each report, in order, and how each is worked out from the sums (docs/leadbyte.md)."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from leadyard.kit.money import from_micros
from leadyard.reports.model import BuyerSums, Correction, LeadSums

Columns = list[tuple[str, int | Decimal]]
_PERCENT_PLACES = Decimal("0.01")
_RATE_PLACES = Decimal("0.0001")


def campaign_columns(sums: LeadSums) -> Columns:
    """Give the figures of a campaign report as v1.1 and v1.2 name them, from `leads` to `profit`."""
    return [
        ("leads", sums.leads),
        ("valid", sums.valid),
        ("invalid", sums.invalid),
        ("pending", sums.pending),
        ("rejections", sums.rejections),
        ("approved", sums.approved),
        ("returns", sums.returned),
        ("supplierCost", from_micros(sums.payout)),
        *_costs_and_profit(sums),
    ]


def campaign_columns_v13(sums: LeadSums) -> Columns:
    """Give the figures of a campaign report as v1.3 names them, from `leads` to `profit`."""
    return [
        ("leads", sums.leads),
        ("valid", sums.valid),
        ("invalid", sums.invalid),
        ("pending", sums.pending),
        ("rejections", sums.rejections),
        ("payable", sums.payable),
        ("sold", sums.approved),
        ("returns", sums.returned),
        ("payout", from_micros(sums.payout)),
        *_costs_and_profit(sums),
    ]


def _costs_and_profit(sums: LeadSums) -> Columns:
    return [
        ("emailCost", from_micros(sums.email_cost)),
        ("smsCost", from_micros(sums.sms_cost)),
        ("validationCost", from_micros(sums.validation_cost)),
        ("revenue", from_micros(sums.revenue)),
        ("profit", from_micros(sums.profit)),
    ]


def supplier_columns(sums: LeadSums, correction: Correction) -> Columns:
    """Give the figures of a supplier report, from `leads` to `eRPLAdjusted`."""
    return [
        ("leads", sums.leads),
        ("valid", sums.valid),
        ("invalid", sums.invalid),
        ("validCR", percent(sums.valid, sums.leads)),
        ("pending", sums.pending),
        ("rejected", sums.rejections),
        ("payable", sums.payable),
        ("sold", sums.approved),
        ("returns", sums.returned),
        ("payableCR", percent(sums.payable, sums.valid)),
        ("payout", from_micros(sums.payout)),
        *_costs_and_profit(sums),
        *_rates(sums, Correction(), ""),
        ("payoutAdjusted", from_micros(sums.payout + correction.payout)),
        ("revenueAdjusted", from_micros(sums.revenue + correction.revenue)),
        ("profitAdjusted", from_micros(sums.profit + correction.revenue - correction.payout)),
        *_rates(sums, correction, "Adjusted"),
    ]


def buyer_columns(sums: BuyerSums) -> Columns:
    """Give the figures of a buyer report, from `posted` to `RPS`."""
    return [
        ("posted", sums.posted),
        ("accepted", sums.accepted),
        ("sold", sums.sold),
        ("rejected", sums.rejected),
        ("approvedCR", percent(sums.sold, sums.posted)),
        ("returned", sums.returned),
        ("returnedPercent", percent(sums.returned, sums.sold)),
        ("revenue", from_micros(sums.revenue)),
        ("RPL", rate(sums.revenue, sums.posted)),
        ("RPS", rate(sums.revenue, sums.sold)),
    ]


ACTIVITY_COUNTS: Mapping[str, Callable[[LeadSums], int]] = {
    "leads": lambda sums: sums.leads,
    "valid": lambda sums: sums.valid,
    "invalid": lambda sums: sums.invalid,
    "rejected": lambda sums: sums.rejections,
    "approved": lambda sums: sums.approved,
    "returns": lambda sums: sums.returned,
}
"""What a lead activity report can count."""


def percent(part: int, whole: int) -> Decimal:
    """Give a share in percent with two decimals; 0 where there is no whole."""
    return (Decimal(part) * 100 / whole).quantize(_PERCENT_PLACES) if whole else Decimal(0)


def rate(micros: int, count: int) -> Decimal:
    """Give an amount per lead with four decimals; 0 where there are no leads."""
    return (from_micros(micros) / count).quantize(_RATE_PLACES) if count else Decimal(0)


def _rates(sums: LeadSums, correction: Correction, ending: str) -> Columns:
    return [
        (f"eCPL{ending}", rate(sums.payout + correction.payout, sums.valid)),
        (f"eRPL{ending}", rate(sums.revenue + correction.revenue, sums.valid)),
    ]
