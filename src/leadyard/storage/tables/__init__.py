"""The schema, in one place; the migrations bring a database to it.

Every tenant table has `account_id` first in its primary key and in every unique constraint and foreign key,
so that the same schema can be distributed by account.
"""

from leadyard.storage.tables import (
    affiliates,
    after_sale,
    carriers,
    credit,
    exchange,
    imports,
    leads,
    ledger,
    mails,
    moving,
    operators,
    people,
    release_rules,
    responders,
    retention,
    rollups,
    routing,
    rules,
    secret_keys,
    tracking,
    validation,
)
from leadyard.storage.tables.base import REFERENCE_TABLES, metadata

__all__ = [
    "REFERENCE_TABLES",
    "affiliates",
    "after_sale",
    "carriers",
    "credit",
    "exchange",
    "imports",
    "leads",
    "ledger",
    "mails",
    "metadata",
    "moving",
    "operators",
    "people",
    "release_rules",
    "responders",
    "retention",
    "rollups",
    "routing",
    "rules",
    "secret_keys",
    "tracking",
    "validation",
]
