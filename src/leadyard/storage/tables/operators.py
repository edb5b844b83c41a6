"""Accounts, the people and keys that act in them, and what they changed."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from leadyard.storage.tables.base import belongs_to, document, metadata, moment, number, small, tenant, text

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    text("name"),
    text("slug"),
    sa.Column("hosts", ARRAY(sa.Text), nullable=False),
    sa.Column("takes_other_hosts", sa.Boolean, nullable=False),
    text("time_zone"),
    text("currency"),
    document("settings"),
    moment("created_at", now=True),
    sa.UniqueConstraint("slug"),
)

config_versions = tenant("config_versions", number("version"), key=())

id_counters = tenant("id_counters", text("kind"), number("last"), key=("kind",))

users = tenant(
    "users",
    number("id"),
    text("email"),
    text("name"),
    text("role"),
    text("password_hash"),
    number("buyer_id", nullable=True),
    moment("created_at", now=True),
    moment("archived_at", nullable=True),
    belongs_to("buyers", "buyer_id"),
    sa.UniqueConstraint("account_id", "email"),
)

api_keys = tenant(
    "api_keys",
    number("id"),
    sa.Column("key_hash", sa.LargeBinary, nullable=False),
    text("hint"),
    small("kind"),
    text("reference"),
    number("supplier_id", nullable=True),
    number("buyer_id", nullable=True),
    document("settings"),
    moment("created_at", now=True),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
    belongs_to("partners", "supplier_id"),
    belongs_to("buyers", "buyer_id"),
    sa.UniqueConstraint("account_id", "key_hash"),
    sa.Index("ix_api_keys_key_hash", "key_hash"),
)

audit_log = tenant(
    "audit_log",
    number("id"),
    moment("at"),
    text("actor"),
    text("action"),
    text("entity"),
    number("entity_id"),
    document("before", nullable=True),
    document("after", nullable=True),
    sa.Index("ix_audit_log_entity", "account_id", "entity", "entity_id"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    text("name"),
    moment("started_at", now=True),
    moment("heartbeat_at", now=True),
)
