"""Responders: messages that follow a lead, what is sent, and who does not want to be written to."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from leadyard.storage.tables.base import belongs_to, document, moment, number, small, tenant, text

responders = tenant(
    "responders",
    number("id"),
    text("name"),
    text("reference"),
    number("campaign_id"),
    number("supplier_id", nullable=True),
    text("status"),
    document("settings"),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    belongs_to("campaigns", "campaign_id"),
    belongs_to("partners", "supplier_id"),
)

responder_pushes = tenant(
    "responder_pushes",
    number("id"),
    number("responder_id"),
    small("place"),
    document("settings"),
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.text("false")),
    belongs_to("responders", "responder_id"),
)
"""The messages of a responder in their order; one that was taken out is kept for the reports."""

responder_messages = tenant(
    "responder_messages",
    number("id"),
    number("responder_id"),
    number("push_id"),
    number("lead_id"),
    text("occasion"),
    small("channel"),
    number("campaign_id"),
    number("supplier_id", nullable=True),
    text("currency"),
    moment("received_at"),
    moment("due_at"),
    small("state"),
    small("tries", default=0),
    text("recipient"),
    sa.Column("links", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    text("reference", nullable=True),
    moment("sent_at", nullable=True),
    moment("opened_at", nullable=True),
    moment("unsubscribed_at", nullable=True),
    number("clicks", default=0),
    number("conversions", default=0),
    number("cost", default=0),
    number("revenue", default=0),
    text("last_error"),
    belongs_to("responders", "responder_id"),
    belongs_to("responder_pushes", "push_id"),
    sa.UniqueConstraint("account_id", "lead_id", "push_id", "occasion"),
    sa.Index("ix_responder_messages_due", "account_id", "due_at", postgresql_where=sa.text("state = 0")),
    sa.Index("ix_responder_messages_sending", "account_id", "due_at", postgresql_where=sa.text("state = 1")),
    sa.Index("ix_responder_messages_received_at", "account_id", "received_at"),
    sa.Index("ix_responder_messages_responder_id", "account_id", "responder_id"),
)
"""One row for each message to one lead; `received_at` and the dimensions are the lead's, so that reports can sum them."""

responder_occasions = tenant(
    "responder_occasions",
    number("lead_id"),
    text("occasion"),
    moment("at"),
    key=("lead_id", "occasion"),
)
"""What happened to leads and is not yet turned into messages; written in the unit of work of what happened."""

suppressions = tenant(
    "suppressions",
    small("channel"),
    text("address"),
    moment("at"),
    text("source"),
    key=("channel", "address"),
)
"""Addresses and numbers that are not to be written to, in their normal form."""
