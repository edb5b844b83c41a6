"""The double-entry ledger: immutable entries whose postings sum to zero per currency.

Postings and delivery attempts have no foreign key on the hot path: entry and postings are written by one
statement, and the audit counts both sides. A key check would lock the parent row once more for every line.
"""

import sqlalchemy as sa

from leadyard.storage.tables.base import moment, number, small, tenant, text

ledger_entries = tenant(
    "ledger_entries",
    number("id"),
    text("kind"),
    moment("at"),
    number("lead_id", nullable=True),
    text("memo"),
    number("commission_id", nullable=True),
    sa.Index(
        "ix_ledger_entries_commission_id",
        "account_id",
        "commission_id",
        postgresql_where=sa.text("commission_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_ledger_entries_lead_id", "account_id", "lead_id", postgresql_where=sa.text("lead_id IS NOT NULL")
    ),
    sa.Index(
        "ix_ledger_entries_corrections",
        "account_id",
        "at",
        postgresql_where=sa.text("kind IN ('returned', 'financials_changed')"),
    ),
)

ledger_postings = tenant(
    "ledger_postings",
    number("entry_id"),
    small("line"),
    text("book"),
    number("party_id"),
    text("currency"),
    number("amount"),
    key=("entry_id", "line"),
)

sa.Index(
    "ix_ledger_postings_book",
    ledger_postings.c.account_id,
    ledger_postings.c.book,
    ledger_postings.c.party_id,
)
