"""Affiliates: who they are, what plans pay them, for which purchases, and how they were paid."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

affiliate_programs = tenant(
    "affiliate_programs", document("settings"), moment("updated_at", now=True), key=()
)
"""An account's settings of tracking, attribution, commissions, payouts and the affiliates' pages."""

affiliate_groups = tenant(
    "affiliate_groups",
    number("id"),
    text("code"),
    text("code_key"),
    text("name"),
    moment("created_at", now=True),
    moment("archived_at", nullable=True),
    sa.UniqueConstraint("account_id", "code_key"),
)

affiliate_fields = tenant(
    "affiliate_fields",
    number("id"),
    text("name"),
    document("settings"),
    moment("created_at", now=True),
    sa.UniqueConstraint("account_id", "name"),
)

affiliates = tenant(
    "affiliates",
    number("id"),
    text("email"),
    text("email_key"),
    text("first_name", nullable=True),
    text("last_name", nullable=True),
    text("code"),
    small("status"),
    number("group_id", nullable=True),
    number("parent_id", nullable=True),
    text("paypal_email", nullable=True),
    text("referrer_domain", nullable=True),
    sa.Column("is_unsubscribed", sa.Boolean, nullable=False, server_default=sa.text("false")),
    document("custom_fields"),
    document("settings"),
    text("dashboard_token"),
    sa.Column("has_dashboard", sa.Boolean, nullable=False, server_default=sa.text("true")),
    text("password_hash", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    belongs_to("partners", "id"),
    belongs_to("affiliate_groups", "group_id"),
    sa.UniqueConstraint("account_id", "email_key"),
    sa.UniqueConstraint("account_id", "referrer_domain"),
    sa.Index("ix_affiliates_dashboard_token", "dashboard_token"),
    sa.Index("ix_affiliates_created_at", "account_id", "created_at", "id"),
    sa.Index(
        "ix_affiliates_parent_id",
        "account_id",
        "parent_id",
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    ),
)
"""The part of a partner that sends traffic; `id` is the partner's. `code` is the one in its link."""

affiliate_codes = tenant(
    "affiliate_codes",
    text("code_key"),
    text("code"),
    number("affiliate_id"),
    moment("created_at", now=True),
    belongs_to("affiliates", "affiliate_id"),
    sa.Index("ix_affiliate_codes_affiliate_id", "account_id", "affiliate_id"),
    key=("code_key",),
)
"""Every code that an affiliate has or had: links that are out stay valid."""

affiliate_days = tenant(
    "affiliate_days",
    number("affiliate_id"),
    text("subid"),
    sa.Column("day", sa.Date, nullable=False),
    number("clicks", default=0),
    number("visitors", default=0),
    number("leads", default=0),
    number("purchases", default=0),
    key=("affiliate_id", "subid", "day"),
)
"""What an affiliate brought, by sub-id (empty: none) and by day in the account's time zone."""

traffic_campaigns = tenant(
    "traffic_campaigns",
    number("id"),
    text("code"),
    text("code_key"),
    text("link_code"),
    text("name", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    moment("archived_at", nullable=True),
    sa.UniqueConstraint("account_id", "code_key"),
    sa.UniqueConstraint("account_id", "link_code"),
)

plans = tenant(
    "plans",
    number("id"),
    text("code"),
    text("code_key"),
    text("name", nullable=True),
    text("currency"),
    sa.Column("is_default", sa.Boolean, nullable=False),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    moment("archived_at", nullable=True),
    sa.UniqueConstraint("account_id", "code_key"),
)

plan_lines = tenant(
    "plan_lines",
    number("id"),
    number("plan_id"),
    small("position"),
    document("settings"),
    moment("created_at", now=True),
    moment("archived_at", nullable=True),
    belongs_to("plans", "plan_id"),
    sa.Index("ix_plan_lines_plan_id", "account_id", "plan_id"),
)
"""A changed line is archived and a new one made: a commission's line says what it said when it paid."""

exchange_rates = tenant(
    "exchange_rates",
    text("currency"),
    text("to_currency"),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rate", sa.Numeric(24, 12), nullable=False),
    key=("currency", "to_currency", "day"),
)

purchases = tenant(
    "purchases",
    number("id"),
    text("purchase_code"),
    number("person_id"),
    number("affiliate_id", nullable=True),
    number("traffic_campaign_id", nullable=True),
    number("touch_id", nullable=True),
    number("plan_id"),
    small("state"),
    number("amount", nullable=True),
    text("currency"),
    number("amount_override", nullable=True),
    document("line_items", nullable=True),
    text("description", nullable=True),
    text("note", nullable=True),
    text("referral_source", nullable=True),
    text("used_code", nullable=True),
    sa.Column("is_first", sa.Boolean, nullable=False),
    sa.Column("is_barred", sa.Boolean, nullable=False, server_default=sa.text("false")),
    document("terms"),
    moment("created_at"),
    moment("updated_at"),
    number("cancellation_id", nullable=True),
    text("cancellation_code", nullable=True),
    text("cancellation_source", nullable=True),
    moment("effective_at", nullable=True),
    belongs_to("people", "person_id"),
    belongs_to("plans", "plan_id"),
    sa.UniqueConstraint("account_id", "purchase_code"),
    sa.Index("ix_purchases_created_at", "account_id", "created_at", "id"),
    sa.Index("ix_purchases_person_id", "account_id", "person_id", "id"),
    sa.Index(
        "ix_purchases_affiliate_id",
        "account_id",
        "affiliate_id",
        "created_at",
        "id",
        postgresql_where=sa.text("affiliate_id IS NOT NULL"),
    ),
)
"""Micro-units of `currency`; `is_first` marks a customer's first purchase that stood when it came, `is_barred` one
that pays nobody (`note` says why). `terms` is what its commissions follow from besides its amounts: the plan's lines,
the chain of affiliates and the counts of the moment when it came, so that they can be worked out anew."""

purchase_refunds = tenant(
    "purchase_refunds",
    text("purchase_code"),
    text("refund_code"),
    number("amount", nullable=True),
    number("taken", default=0),
    text("currency", nullable=True),
    text("source"),
    moment("at", now=True),
    key=("purchase_code", "refund_code"),
)
"""What billing systems told of money that went back, perhaps before the purchase itself is told of.

Micro-units; without `amount` it was all of it. `taken` is what the purchase was lowered by already.
"""

commissions = tenant(
    "commissions",
    number("id"),
    number("affiliate_id"),
    small("kind"),
    small("state"),
    text("origin"),
    number("purchase_id", nullable=True),
    number("person_id", nullable=True),
    number("visitor_id", nullable=True),
    number("lead_id", nullable=True),
    number("plan_id", nullable=True),
    number("plan_line_id", nullable=True),
    number("touch_id", nullable=True),
    number("counterpart_of", nullable=True),
    small("level", default=0),
    small("repetition", default=1),
    number("amount"),
    text("currency"),
    sa.Column("rate", sa.Numeric(24, 12), nullable=True),
    small("tier", nullable=True),
    text("reason"),
    text("note", nullable=True),
    sa.Column("is_held", sa.Boolean, nullable=False, server_default=sa.text("false")),
    moment("due_at"),
    number("payout_id", nullable=True),
    moment("paid_at", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    belongs_to("affiliates", "affiliate_id"),
    sa.UniqueConstraint("account_id", "origin"),
    sa.Index("ix_commissions_created_at", "account_id", "created_at", "id"),
    sa.Index("ix_commissions_affiliate_id", "account_id", "affiliate_id", "created_at", "id"),
    sa.Index(
        "ix_commissions_purchase_id",
        "account_id",
        "purchase_id",
        postgresql_where=sa.text("purchase_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_commissions_lead_id",
        "account_id",
        "lead_id",
        postgresql_where=sa.text("lead_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_commissions_open",
        "account_id",
        "affiliate_id",
        "currency",
        "due_at",
        postgresql_where=sa.text("state = 0"),
    ),
    sa.Index(
        "ix_commissions_payout_id",
        "account_id",
        "payout_id",
        postgresql_where=sa.text("payout_id IS NOT NULL"),
    ),
)
"""`origin` names the event, line, level and repetition that made a commission, so that none is made twice.

`tier` is the place, from 1, of the tier of its line whose price it has: a later change keeps it where the month's
volume is not known any more. `state` is open, paid or cancelled; an open one is due once `due_at` has passed and nothing holds it (`is_held`).
"""

commission_schedules = tenant(
    "commission_schedules",
    number("purchase_id"),
    number("plan_line_id"),
    small("level"),
    number("affiliate_id"),
    small("next_repetition"),
    moment("next_at"),
    moment("ends_at", nullable=True),
    belongs_to("purchases", "purchase_id"),
    sa.Index("ix_commission_schedules_next_at", "account_id", "next_at"),
    key=("purchase_id", "plan_line_id", "level"),
)

fraud_signals = tenant(
    "fraud_signals",
    number("id"),
    text("kind"),
    number("affiliate_id", nullable=True),
    number("person_id", nullable=True),
    number("purchase_id", nullable=True),
    text("detail"),
    moment("at"),
    small("state"),
    text("decided_by", nullable=True),
    moment("decided_at", nullable=True),
    text("origin"),
    sa.UniqueConstraint("account_id", "origin"),
    sa.Index("ix_fraud_signals_open", "account_id", "id", postgresql_where=sa.text("state = 0")),
)
"""What looked wrong and waits for a person's word; `origin` keeps one signal from being raised twice."""

integrations = tenant(
    "integrations",
    text("name"),
    document("settings"),
    moment("updated_at", now=True),
    key=("name",),
)
"""Outside systems that an account works with, secrets sealed: where payouts go, what billing systems must prove."""

payout_runs = tenant(
    "payout_runs",
    number("id"),
    text("method"),
    moment("until"),
    text("actor"),
    moment("created_at"),
)

payouts = tenant(
    "payouts",
    number("id"),
    number("run_id"),
    number("affiliate_id"),
    text("currency"),
    number("amount"),
    text("method"),
    small("state"),
    sa.Column("reference", sa.Uuid, nullable=False),
    document("details"),
    small("tries", default=0),
    moment("due_at", nullable=True),
    number("worker_id", nullable=True),
    text("problem", nullable=True),
    moment("created_at"),
    moment("paid_at", nullable=True),
    belongs_to("payout_runs", "run_id"),
    belongs_to("affiliates", "affiliate_id"),
    sa.UniqueConstraint("account_id", "reference"),
    sa.Index("ix_payouts_affiliate_id", "account_id", "affiliate_id", "id"),
    sa.Index("ix_payouts_run_id", "account_id", "run_id", "id"),
    sa.Index("ix_payouts_due_at", "account_id", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
)
"""One payment to one affiliate in one currency; the commissions that it pays name it: together they are the statement."""

sign_in_links = tenant(
    "sign_in_links",
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    number("affiliate_id"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    belongs_to("affiliates", "affiliate_id"),
    sa.Index("ix_sign_in_links_token_hash", "token_hash"),
    key=("token_hash",),
)

affiliate_sessions = tenant(
    "affiliate_sessions",
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    number("affiliate_id"),
    sa.Column("by_link", sa.Boolean, nullable=False),
    moment("expires_at"),
    belongs_to("affiliates", "affiliate_id"),
    sa.Index("ix_affiliate_sessions_affiliate_id", "account_id", "affiliate_id"),
    key=("token_hash",),
)
"""Who is signed in; one that began `by_link` may set a password without telling the old one."""

affiliate_assets = tenant(
    "affiliate_assets",
    number("id"),
    text("kind"),
    text("title"),
    document("settings"),
    sa.Column("content", sa.LargeBinary, nullable=True),
    text("content_type", nullable=True),
    moment("created_at", now=True),
    moment("archived_at", nullable=True),
)
"""Banners and texts for affiliates to use, and the logo of their pages."""

affiliate_occasions = tenant(
    "affiliate_occasions",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    number("lead_id"),
    moment("at"),
)
"""Leads of submissions whose money moved and whose person may have an affiliate: a share of it may be due."""
