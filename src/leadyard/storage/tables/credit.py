"""What buyers have paid in advance, or may owe: the counters that sales lock."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, number, small, tenant, text

buyer_credit = tenant(
    "buyer_credit",
    number("buyer_id"),
    text("currency"),
    number("added", default=0),
    number("spent", default=0),
    number("reserved", default=0),
    small("top_ups", default=0),
    sa.Column("topped_up_on", sa.Date, nullable=True),
    small("alert", default=0),
    belongs_to("buyers", "buyer_id"),
    sa.CheckConstraint("added >= 0 AND spent >= 0 AND reserved >= 0", name="not_negative"),
    key=("buyer_id", "currency"),
)
"""Micro-units: what was added in all, what sales took less what came back, what attempts under way hold."""
