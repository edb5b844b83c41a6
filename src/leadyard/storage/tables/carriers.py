"""What carries leads besides HTTP: mail servers, SMS gateways, files of leads, transfers between campaigns."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

mail_servers = tenant(
    "mail_servers",
    number("id"),
    text("name"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)

sms_gateways = tenant(
    "sms_gateways",
    number("id"),
    text("name"),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
)

delivery_files = tenant(
    "delivery_files",
    number("id"),
    number("delivery_id"),
    number("number"),
    text("name"),
    text("format"),
    small("state"),
    number("row_count"),
    number("size"),
    text("destination"),
    text("error", nullable=True),
    small("tries", default=0),
    small("tries_before", default=0),
    moment("built_at"),
    moment("due_at"),
    moment("finished_at", nullable=True),
    belongs_to("deliveries", "delivery_id"),
    sa.UniqueConstraint("account_id", "delivery_id", "number"),
    sa.UniqueConstraint("account_id", "name"),
    sa.Index("ix_delivery_files_due", "account_id", "due_at", postgresql_where=sa.text("state IN (0, 1)")),
)
"""Files of leads. `tries_before` are those before somebody asked for it to be sent again. `due_at` is when a waiting file is to be handed over, and until when a worker has for one that is
under way."""

delivery_file_contents = tenant(
    "delivery_file_contents",
    number("file_id"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    belongs_to("delivery_files", "file_id"),
    key=("file_id",),
)
"""The bytes of each file, so that a repeated hand-over is the same file."""

delivery_file_leads = tenant(
    "delivery_file_leads",
    number("lead_id"),
    small("number"),
    number("delivery_id"),
    moment("queued_at"),
    number("file_id", nullable=True),
    key=("lead_id", "number"),
)
"""One row for each sale (lead and attempt) by a file delivery: waiting while `file_id` is null, then in that file."""

sa.Index(
    "ix_delivery_file_leads_waiting",
    delivery_file_leads.c.account_id,
    delivery_file_leads.c.delivery_id,
    delivery_file_leads.c.queued_at,
    postgresql_where=sa.text("file_id IS NULL"),
)
sa.Index(
    "ix_delivery_file_leads_file_id",
    delivery_file_leads.c.account_id,
    delivery_file_leads.c.file_id,
    postgresql_where=sa.text("file_id IS NOT NULL"),
)

lead_transfers = tenant(
    "lead_transfers",
    number("lead_id"),
    small("number"),
    number("delivery_id"),
    sa.Column("uuid", sa.Uuid, nullable=False),
    number("target_lead_id", nullable=True),
    moment("created_at", now=True),
    key=("lead_id", "number"),
)
"""Which attempt of which lead was submitted to another campaign, under the UUID that the lead has there.

The row is committed before the lead is submitted, so whoever takes an attempt up again submits the same lead."""

sa.Index("ix_lead_transfers_uuid", lead_transfers.c.account_id, lead_transfers.c.uuid, unique=True)
