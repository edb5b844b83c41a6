"""Hourly sums for reports, and the deltas that the write path adds to them.

A figure is the sum over the folded hours and the deltas that are not folded yet. `hour` is the hour in which
the lead was received, so a later change lands in the right period.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from leadyard.storage.tables.base import moment, number, small, tenant

LEAD_DIMENSIONS = ("hour", "campaign_id", "supplier_id", "sub_supplier_id", "channel")
COSTS = ("validation_cost", "email_cost", "sms_cost")
LEAD_MEASURES = ("valid", "invalid", "pending", "approved", "returned", "payout", "revenue", *COSTS)
BUYER_DIMENSIONS = ("hour", "campaign_id", "supplier_id", "buyer_id", "delivery_id")
BUYER_MEASURES = ("posted", "accepted", "sold", "rejected", "returned", "revenue")


def _columns(dimensions: tuple[str, ...], measures: tuple[str, ...]) -> list[sa.Column[Any]]:
    kinds: dict[str, Callable[[str], sa.Column[Any]]] = {"hour": moment, "channel": small}
    return [kinds.get(name, number)(name) for name in dimensions] + [
        number(name, default=0) for name in measures
    ]


lead_rollups = tenant("lead_rollups", *_columns(LEAD_DIMENSIONS, LEAD_MEASURES), key=LEAD_DIMENSIONS)
buyer_rollups = tenant("buyer_rollups", *_columns(BUYER_DIMENSIONS, BUYER_MEASURES), key=BUYER_DIMENSIONS)

lead_deltas = tenant(
    "lead_deltas",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    *_columns(LEAD_DIMENSIONS, LEAD_MEASURES),
)
buyer_deltas = tenant(
    "buyer_deltas",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    *_columns(BUYER_DIMENSIONS, BUYER_MEASURES),
)
