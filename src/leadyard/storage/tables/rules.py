"""Long lists of values that rules name."""

import sqlalchemy as sa

from leadyard.storage.tables.base import belongs_to, moment, number, tenant, text

value_lists = tenant(
    "value_lists",
    number("id"),
    text("reference"),
    text("reference_key"),
    text("name"),
    text("status"),
    sa.Column("digest", sa.Text, nullable=False, server_default=sa.text("''")),
    number("size", default=0),
    moment("created_at", now=True),
    moment("updated_at", now=True),
    sa.UniqueConstraint("account_id", "reference_key"),
)

value_list_contents = tenant(
    "value_list_contents",
    number("value_list_id"),
    text("entries"),
    belongs_to("value_lists", "value_list_id"),
    key=("value_list_id",),
)
"""The values of each list in normal form, one on a line: read as a whole or not at all."""
