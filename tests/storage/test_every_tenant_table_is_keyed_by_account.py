"""The live schema can be distributed by account, and nobody's rows can point at somebody else's."""

import asyncpg
import pytest

from leadyard.storage.database import Database
from leadyard.storage.tables import REFERENCE_TABLES, metadata

_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public'
"""

_KEYS = """
SELECT c.relname AS table, i.relname AS key,
       (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = x.indkey[0]) AS first
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND x.indisunique
"""

_FOREIGN_KEYS = """
SELECT c.relname AS table, k.conname AS key,
       (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]) AS first,
       (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1]) AS target
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f'
"""


async def test_every_table_has_a_tenant_or_is_a_known_reference_table(database: Database) -> None:
    async with database.connection() as connection:
        tables = {row["relname"] for row in await connection.fetch(_TABLES)}
        keyed = {
            row["relname"]
            for row in await connection.fetch(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                "WHERE c.relkind = 'r' AND a.attname = 'account_id' AND a.attnum > 0"
            )
        }
    assert tables - keyed == REFERENCE_TABLES


async def test_every_primary_key_and_unique_constraint_begins_with_the_account(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(_KEYS)
    wrong = [(r["table"], r["key"]) for r in rows if r["first"] != "account_id"]
    assert [pair for pair in wrong if pair[0] not in REFERENCE_TABLES] == []
    assert len(rows) > len(REFERENCE_TABLES)


async def test_every_foreign_key_stays_inside_the_account(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(_FOREIGN_KEYS)
    assert rows
    assert [r["key"] for r in rows if (r["first"], r["target"]) != ("account_id", "account_id")] == []


async def test_the_migrations_make_exactly_the_schema_that_the_tables_describe(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    live = {(row["table_name"], row["column_name"]) for row in rows if row["table_name"] != "alembic_version"}
    described = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns}
    assert live == described


async def test_a_row_of_another_account_cannot_be_pointed_at(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO campaigns (account_id, id, reference, reference_key, name, status, settings) "
            "VALUES (1, 5, 'A', 'a', 'A', 'Active', '{}')"
        )
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "INSERT INTO campaign_fields (account_id, campaign_id, name, settings) VALUES (2, 5, 'x', '{}')"
            )
