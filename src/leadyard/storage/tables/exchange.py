"""What operators set up: campaigns, fields, suppliers, buyers, deliveries, webhooks."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, tenant, text

campaigns = tenant(
    "campaigns",
    number("id"),
    text("reference"),
    text("reference_key"),
    text("name"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    sa.UniqueConstraint("account_id", "reference_key"),
)

campaign_fields = tenant(
    "campaign_fields",
    number("campaign_id"),
    text("name"),
    document("settings"),
    belongs_to("campaigns", "campaign_id"),
    key=("campaign_id", "name"),
)

partners = tenant(
    "partners",
    number("id"),
    text("name"),
    text("sid", nullable=True),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    sa.UniqueConstraint("account_id", "sid"),
)
"""Suppliers (partners with a `sid`) and affiliates: one row, one balance for a company that is both."""

sub_suppliers = tenant(
    "sub_suppliers",
    number("id"),
    number("partner_id"),
    text("ssid"),
    belongs_to("partners", "partner_id"),
    sa.UniqueConstraint("account_id", "partner_id", "ssid"),
)

campaign_suppliers = tenant(
    "campaign_suppliers",
    number("campaign_id"),
    number("partner_id"),
    document("settings"),
    belongs_to("campaigns", "campaign_id"),
    belongs_to("partners", "partner_id"),
    key=("campaign_id", "partner_id"),
)
"""Which suppliers may post to a campaign, and on what terms."""

buyers = tenant(
    "buyers",
    number("id"),
    text("bid"),
    text("company"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    sa.UniqueConstraint("account_id", "bid"),
)

deliveries = tenant(
    "deliveries",
    number("id"),
    number("campaign_id"),
    number("buyer_id"),
    text("reference"),
    text("status"),
    document("settings"),
    moment("tested_at", nullable=True),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    belongs_to("campaigns", "campaign_id"),
    belongs_to("buyers", "buyer_id"),
    sa.Index("ix_deliveries_campaign_id", "account_id", "campaign_id"),
)

webhooks = tenant(
    "webhooks",
    number("id"),
    text("url"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)
