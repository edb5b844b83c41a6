"""Which secret keys the database's secrets are encrypted with, by the ids of the keys."""

import sqlalchemy as sa

from leadyard.storage.tables.base import metadata, moment

secret_keys = sa.Table(
    "secret_keys",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    moment("used_at", now=True),
)
"""One row for each key that has encrypted something; `used_at` is when it last did."""
