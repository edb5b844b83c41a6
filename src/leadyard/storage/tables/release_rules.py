"""Rules by which quarantined leads are released or rejected by themselves, and how far each has come."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, tenant, text

release_rules = tenant(
    "release_rules",
    number("id"),
    number("campaign_id"),
    text("name"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    belongs_to("campaigns", "campaign_id"),
    sa.Index("ix_release_rules_campaign_id", "account_id", "campaign_id"),
)

release_rule_progress = tenant(
    "release_rule_progress",
    number("rule_id"),
    moment("due_at", now=True),
    number("cursor", default=0),
    moment("pass_started_at", now=True),
    number("pass_version", default=0),
    number("released", default=0),
    number("rejected", default=0),
    number("stayed", default=0),
    text("last_error", nullable=True),
    belongs_to("release_rules", "rule_id"),
    key=("rule_id",),
)
"""Where a rule's pass over the quarantine is: the last lead that it looked at, since when, by which set-up.

Apart from the rule, so that a worker that holds this row for a batch keeps no operator waiting.
"""
