"""People: one row per person, whatever came of them; submissions, visits, purchases and credits point here."""

import sqlalchemy as sa

from leadyard.storage.tables.base import document, moment, number, small, tenant, text

people = tenant(
    "people",
    number("id"),
    sa.Column("uuid", sa.Uuid, nullable=False),
    text("email", nullable=True),
    text("email_key", nullable=True),
    document("profile"),
    text("custom_status", nullable=True),
    number("first_visitor_id", nullable=True),
    number("latest_visitor_id", nullable=True),
    number("affiliate_id", nullable=True),
    number("traffic_campaign_id", nullable=True),
    number("credited_touch_id", nullable=True),
    small("standing_purchases", default=0),
    sa.Column("is_only_submitted", sa.Boolean, nullable=False, server_default=sa.false()),
    moment("created_at"),
    moment("updated_at"),
    sa.UniqueConstraint("account_id", "uuid"),
    sa.UniqueConstraint("account_id", "email_key"),
    sa.Index("ix_people_created_at", "account_id", "created_at", "id"),
    sa.Index(
        "ix_people_affiliate_id",
        "account_id",
        "affiliate_id",
        "created_at",
        "id",
        postgresql_where=sa.text("affiliate_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_people_traffic_campaign_id",
        "account_id",
        "traffic_campaign_id",
        "created_at",
        "id",
        postgresql_where=sa.text("traffic_campaign_id IS NOT NULL"),
    ),
    postgresql_with={"fillfactor": "85"},
)
"""`id` is LeadDyno's lead id, `uuid` is the person's id for those who use GUIDs; `email` is shown as first given.

`credited_touch_id` is the touch by which `affiliate_id` and `traffic_campaign_id` came; `standing_purchases` counts
purchases that are not cancelled. `is_only_submitted` marks whoever is known by a sold or offered lead alone: the first visit,
purchase or call that names them finds them new. A person's row is locked before anything that is decided by its history.
"""
