"""Validation services and suppression lists, what was asked about leads, and the keys of delivered leads."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

validation_providers = tenant(
    "validation_providers",
    number("id"),
    text("name"),
    text("kind"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)

suppression_lists = tenant(
    "suppression_lists",
    number("id"),
    text("name"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)

suppression_entries = tenant(
    "suppression_entries",
    number("list_id"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    moment("added_at"),
    key=("list_id", "digest"),
)
"""The first 16 bytes of a digest for each value, and since when it counts; the values themselves are not kept."""

lead_checks = tenant(
    "lead_checks",
    number("lead_id"),
    small("number"),
    number("provider_id"),
    text("kind"),
    text("field"),
    text("outcome"),
    text("reason"),
    document("answer", nullable=True),
    number("cost", default=0),
    sa.Column("cached", sa.Boolean, nullable=False),
    number("elapsed_ms", default=0),
    moment("at"),
    belongs_to("leads", "lead_id"),
    key=("lead_id", "number"),
)
"""What was asked about a lead: micro-units of the lead's currency for each answer that had to be paid for."""

delivered_keys = tenant(
    "delivered_keys",
    small("owner_kind"),
    number("owner_id"),
    sa.Column("key", sa.LargeBinary, nullable=False),
    number("lead_id"),
    moment("claimed_at"),
    key=("owner_kind", "owner_id", "key"),
)
"""Which lead a delivery (kind 1) or a buyer (kind 2) got with a key, from the attempt that carried it on."""
