"""The columns of each report, in order, and how each is worked out from the sums (LeadByte contract, 9.2)."""

from decimal import Decimal

from leadyard.kit.money import from_micros
from leadyard.reports.model import LeadSums

Columns = list[tuple[str, int | Decimal]]


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
