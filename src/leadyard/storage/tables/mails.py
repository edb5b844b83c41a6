"""E-mails of an account's own: to its affiliates and to whoever works for it; and news for those who do."""

import sqlalchemy as sa

from leadyard.storage.tables.base import document, moment, small, tenant, text

mails = tenant(
    "mails",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    text("kind"),
    text("recipient"),
    document("details"),
    small("tries", default=0),
    moment("due_at"),
    moment("ends_at"),
    moment("created_at", now=True),
    sa.Index("ix_mails_due_at", "account_id", "due_at"),
)
"""E-mails that wait to be written and sent; a row goes when its e-mail has, or when `ends_at` has come.

What makes an e-mail a secret, such as a link that signs in, is made when it is sent and never stands here.
"""

notices = tenant(
    "notices",
    sa.Column("id", sa.BigInteger, sa.Identity()),
    text("event"),
    document("details"),
    moment("created_at", now=True),
    moment("acknowledged_at", nullable=True),
    text("acknowledged_by", nullable=True),
    sa.Index("ix_notices_waiting", "account_id", "id", postgresql_where=sa.text("acknowledged_at IS NULL")),
    sa.Index("ix_notices_created_at", "account_id", "created_at"),
)
"""News for whoever works for an account: `event` is notices.model.NoticeKind, `details` what webhooks are told."""

notice_settings = tenant("notice_settings", document("settings"), moment("updated_at", now=True), key=())
"""Whom an account's news are mailed to."""
