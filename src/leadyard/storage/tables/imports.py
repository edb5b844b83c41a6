"""Imports of files: the files themselves in chunks, how far each is, what was refused, and which rows were taken."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

imports = tenant(
    "imports",
    number("id"),
    text("name"),
    document("settings"),
    document("author"),
    small("state"),
    sa.Column("digest", sa.LargeBinary, nullable=True),
    number("size", default=0),
    number("cursor", default=0),
    number("total", nullable=True),
    document("summary"),
    document("header", nullable=True),
    text("problem", nullable=True),
    sa.Column("worker", sa.Uuid, nullable=True),
    moment("due_at"),
    text("made_by"),
    moment("created_at"),
    moment("started_at", nullable=True),
    moment("updated_at"),
    moment("ended_at", nullable=True),
    sa.Column("is_emptied", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Index("ix_imports_due", "account_id", "due_at", postgresql_where=sa.text("state IN (0, 1)")),
    sa.Index("ix_imports_kept", "account_id", "id", postgresql_where=sa.text("NOT is_emptied")),
)
"""Files that were handed in. `cursor` is the last row that was dealt with; a worker holds an import until `due_at`,
and renews that with every chunk. `is_emptied` says that the file and its refused rows are no longer kept."""

import_chunks = tenant(
    "import_chunks",
    number("import_id"),
    number("number"),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
    belongs_to("imports", "import_id"),
    key=("import_id", "number"),
)

import_refusals = tenant(
    "import_refusals",
    number("import_id"),
    number("number"),
    number("code", nullable=True),
    document("reasons"),
    document("cells"),
    belongs_to("imports", "import_id"),
    key=("import_id", "number"),
)
"""Rows that did not get in, with what they held: one line each of the import's error file."""

import_receipts = tenant(
    "import_receipts",
    sa.Column("digest", sa.LargeBinary, nullable=False),
    number("number"),
    moment("taken_at"),
    key=("digest", "number"),
)
"""Rows of returns and feedback that were taken, by what tells their file from others; leads have their UUIDs."""
