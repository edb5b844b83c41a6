"""What follows a sale: returns with their reasons, feedback, and work that takes long."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text
from leadyard.storage.tables.ledger import ledger_entries

return_reasons = tenant(
    "return_reasons",
    number("id"),
    text("code"),
    text("label"),
    text("status"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    sa.UniqueConstraint("account_id", "code"),
)
"""An account's own return reasons; one with the code of a reason that every account has takes its place."""

lead_returns = tenant(
    "lead_returns",
    number("id"),
    number("lead_id"),
    number("buyer_id"),
    number("delivery_id"),
    text("reason"),
    small("state"),
    sa.Column("reverse_payout", sa.Boolean, nullable=False),
    number("revenue", default=0),
    number("payout", default=0),
    text("currency"),
    moment("received_at"),
    moment("asked_at"),
    text("asked_by"),
    moment("decided_at", nullable=True),
    text("decided_by", nullable=True),
    belongs_to("leads", "lead_id"),
    sa.Index("ix_lead_returns_lead_id", "account_id", "lead_id"),
    sa.Index("ix_lead_returns_pending", "account_id", "id", postgresql_where=sa.text("state = 0")),
)
"""Returns that were asked for: waiting for the operator, made, or refused; amounts are what was reversed."""

lead_feedback = tenant(
    "lead_feedback",
    number("lead_id"),
    number("id"),
    number("buyer_id"),
    text("feedback"),
    text("notes"),
    moment("at"),
    text("actor"),
    belongs_to("leads", "lead_id"),
    key=("lead_id", "id"),
)
"""What buyers say of leads; buyer 0 marks feedback of the operator's own people, which buyers never see."""

sa.Index(
    "ix_ledger_entries_corrections",
    ledger_entries.c.account_id,
    ledger_entries.c.at,
    postgresql_where=sa.text("kind IN ('returned', 'financials_changed')"),
)

jobs = tenant(
    "jobs",
    number("id"),
    text("kind"),
    document("payload"),
    small("state"),
    number("cursor", default=0),
    number("total", default=0),
    number("done", default=0),
    number("failed", default=0),
    number("skipped", default=0),
    moment("due_at"),
    text("made_by"),
    moment("created_at"),
    moment("updated_at"),
    text("last_error", nullable=True),
    sa.Index("ix_jobs_due", "account_id", "due_at", postgresql_where=sa.text("state = 0")),
)
"""Work on many leads, done in batches by whichever worker comes; `cursor` is the last lead that was looked at."""
