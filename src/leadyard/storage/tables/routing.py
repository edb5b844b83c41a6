"""What routing remembers: whose turn it is, what auctions brought, and decisions that led to no attempt."""

import sqlalchemy as sa

from leadyard.storage.tables.base import document, moment, number, small, tenant, text

distribution_turns = tenant(
    "distribution_turns",
    number("campaign_id"),
    text("place"),
    document("turns"),
    key=("campaign_id", "place"),
)
"""One row per weighted or evenly weighted group: whom it chose last, and how far each member has come.

One row, not one per member, so that locking it orders the workers that choose for the group.
"""

auctions = tenant(
    "auctions",
    sa.Column("id", sa.Uuid, nullable=False),
    number("campaign_id"),
    number("supplier_id", nullable=True),
    number("lead_id", nullable=True),
    small("after_attempt", default=0),
    sa.Column("asked", sa.LargeBinary, nullable=False),
    document("bids"),
    moment("at"),
    moment("expires_at"),
    sa.Index("ix_auctions_lead_id", "account_id", "lead_id", postgresql_where=sa.text("lead_id IS NOT NULL")),
    sa.Index(
        "ix_auctions_expires_at", "account_id", "expires_at", postgresql_where=sa.text("lead_id IS NULL")
    ),
)
"""The pings of one lead, or of a supplier's ping that has no lead yet; `asked` is a digest of what buyers were told."""

ping_answers = tenant(
    "ping_answers",
    number("delivery_id"),
    number("slot"),
    number("milliseconds"),
    number("answers"),
    key=("delivery_id", "slot", "milliseconds"),
)
"""How buyers answered pings: counts by slot of five minutes and by rounded time, which processes add to."""

decision_traces = tenant(
    "decision_traces",
    number("lead_id"),
    small("after_number"),
    moment("at"),
    text("decision"),
    key=("lead_id", "after_number"),
)
"""The last step after an attempt that began no other one; the trace of any other step is on the last attempt that it wrote."""
