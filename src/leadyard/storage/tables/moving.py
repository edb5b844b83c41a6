"""Moving in from LeadDyno: how far it has come, and which rows there are which rows here."""

import sqlalchemy as sa

from leadyard.storage.tables.base import document, moment, number, tenant, text

moves = tenant(
    "moves",
    text("source"),
    text("resource"),
    number("next_page", default=1),
    document("ranges"),
    moment("done_at", nullable=True),
    key=("source", "resource"),
)
"""One row per kind of thing that is read: the page to go on with, and the ids that are set apart for its rows.

`ranges` are pairs of first and last id: nothing else here was given any of them, and nothing ever will be.
"""

moved_rows = tenant(
    "moved_rows",
    text("source"),
    text("resource"),
    number("their_id"),
    number("our_id"),
    sa.Column("is_made", sa.Boolean, nullable=False),
    text("awaits", nullable=True),
    sa.Index(
        "ix_moved_rows_awaits",
        "account_id",
        "source",
        "resource",
        "awaits",
        postgresql_where=sa.text("awaits IS NOT NULL"),
    ),
    key=("source", "resource", "their_id"),
)
"""A row there and the row here: one that the move made (`is_made`), or that was here by its address or code.

`awaits` names what is set once it has been read: an affiliate's parent, a lead's latest visitor.
"""
