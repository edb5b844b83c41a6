"""Leads and what happens to them: claims, caps, delivery jobs, attempts, events, the outbox."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

leads = tenant(
    "leads",
    number("id"),
    sa.Column("uuid", sa.Uuid, nullable=False),
    number("campaign_id", nullable=True),
    number("supplier_id", nullable=True),
    number("sub_supplier_id", nullable=True),
    small("channel"),
    sa.Column("is_test", sa.Boolean, nullable=False),
    small("system_status"),
    small("sale_status"),
    small("standing"),
    small("code"),
    document("info", nullable=True),
    document("fields"),
    text("email_key", nullable=True),
    text("phone1_key", nullable=True),
    text("phone2_key", nullable=True),
    text("phone3_key", nullable=True),
    sa.Column("claim_keys", sa.LargeBinary, nullable=True),
    text("currency"),
    number("payout", default=0),
    number("revenue", default=0),
    number("validation_cost", default=0),
    number("email_cost", default=0),
    number("sms_cost", default=0),
    moment("received_at"),
    moment("decided_at", nullable=True),
    number("process_micros", default=0),
    sa.UniqueConstraint("account_id", "uuid"),
    sa.Index(
        "ix_leads_email_key", "account_id", "email_key", postgresql_where=sa.text("email_key IS NOT NULL")
    ),
    sa.Index(
        "ix_leads_phone1_key", "account_id", "phone1_key", postgresql_where=sa.text("phone1_key IS NOT NULL")
    ),
    sa.Index(
        "ix_leads_phone2_key", "account_id", "phone2_key", postgresql_where=sa.text("phone2_key IS NOT NULL")
    ),
    sa.Index(
        "ix_leads_phone3_key", "account_id", "phone3_key", postgresql_where=sa.text("phone3_key IS NOT NULL")
    ),
    sa.Index("ix_leads_quarantined", "account_id", "id", postgresql_where=sa.text("system_status = 1")),
    sa.Index(
        "ix_leads_received_at",
        "received_at",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": "256", "autosummarize": "on"},
    ),
    # Room on each page for the version of every lead that its sale writes: without it each sale enters the lead into
    # all indexes once more.
    postgresql_with={"fillfactor": "50"},
)
"""One row for every submission, refused ones included; its id is shown as the lead id once the lead is valid,
as the rejection id when it was refused, and as the quarantine id while it is put aside."""

dedupe_claims = tenant(
    "dedupe_claims",
    number("campaign_id"),
    sa.Column("key", sa.LargeBinary, nullable=False),
    number("lead_id"),
    moment("claimed_at"),
    key=("campaign_id", "key"),
)

cap_counters = tenant(
    "cap_counters",
    small("owner_kind"),
    number("owner_id"),
    number("campaign_id"),
    small("period"),
    sa.Column("period_start", TIMESTAMP(timezone=True), nullable=False),
    number("used"),
    sa.Column("is_told", sa.Boolean, nullable=False, server_default=sa.text("false")),
    key=("owner_kind", "owner_id", "campaign_id", "period", "period_start"),
)

delivery_jobs = tenant(
    "delivery_jobs",
    number("lead_id"),
    number("delivery_id"),
    moment("due_at"),
    number("worker_id", nullable=True),
    small("after_attempt", default=0),
    key=("lead_id", "delivery_id"),
    # No index names `worker_id`, so that a claim changes the row within its page and no index.
    postgresql_with={"fillfactor": "50"},
)
"""Leads waiting to be routed (`delivery_id` 0) or to be sent by one manually triggered delivery.

Attempts up to `after_attempt` belong to an earlier pass: a lead that is processed again starts afresh after them.
"""

sa.Index("ix_delivery_jobs_due", delivery_jobs.c.account_id, delivery_jobs.c.due_at)

delivery_attempts = tenant(
    "delivery_attempts",
    number("lead_id"),
    small("number"),
    number("delivery_id"),
    number("buyer_id"),
    small("state"),
    text("reason"),
    number("revenue", default=0),
    number("worker_id", nullable=True),
    moment("started_at"),
    moment("finished_at", nullable=True),
    document("trace", nullable=True),
    small("sale", default=1),
    number("offer", nullable=True),
    text("decision", nullable=True),
    document("holds", nullable=True),
    sa.Column("is_unknown", sa.Boolean, sa.Computed("state = 7", persisted=True), nullable=False),
    key=("lead_id", "number"),
    postgresql_with={"fillfactor": "30"},
)
"""One try at one delivery, or a delivery passed over. `offer` is the price at which it was tried, in micro-units;
`decision` is the trace of the step that wrote the row, on the last of the step's rows: JSON that only people read.
`holds` is what an attempt has taken of caps and credit: while it is under way or unknown, and once it is sold.
An attempt is under way only while a worker holds a job of its lead. No index names `state`, so that the end of an attempt
changes the row within its page; `is_unknown` says for the index what hardly ever changes."""

sa.Index(
    "ix_delivery_attempts_unknown",
    delivery_attempts.c.account_id,
    delivery_attempts.c.lead_id,
    postgresql_where=delivery_attempts.c.is_unknown,
)

lead_events = tenant(
    "lead_events",
    number("lead_id"),
    number("id"),
    moment("at"),
    text("event"),
    text("detail"),
    text("actor"),
    belongs_to("leads", "lead_id"),
    key=("lead_id", "id"),
)

outbox = tenant(
    "outbox",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    number("webhook_id"),
    text("event"),
    number("lead_id", nullable=True),
    document("payload"),
    small("state"),
    small("tries", default=0),
    moment("due_at"),
    moment("created_at", now=True),
    text("last_error", nullable=True),
    belongs_to("webhooks", "webhook_id"),
    sa.Index("ix_outbox_due", "account_id", "due_at", postgresql_where=sa.text("state = 0")),
    sa.Index("ix_outbox_sent", "account_id", "due_at", postgresql_where=sa.text("state = 1")),
    sa.Index("ix_outbox_dead", "account_id", "id", postgresql_where=sa.text("state = 2")),
)
