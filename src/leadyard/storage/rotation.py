"""Rotation of secret keys: every sealed text of every account, encrypted anew with the first key."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from leadyard.storage.database import Connection, Database, Row, execute, fetch, vault_of
from leadyard.storage.sealing import note_use
from leadyard.storage.tables import metadata
from leadyard.storage.vault import PREFIX, SecretKeyError, Vault

COLUMN = "settings"
_NOW = "SELECT clock_timestamp()"
_FORGET = "DELETE FROM secret_keys WHERE key_id <> $1 AND used_at < $2 RETURNING key_id"
_OTHERS = "SELECT key_id FROM secret_keys WHERE key_id <> $1 ORDER BY key_id"


class Rotated(msgspec.Struct):
    """What a rotation came to: texts encrypted anew, rows that could not be read, and old keys still in use."""

    renewed: int = 0
    unreadable: list[str] = []
    keys_in_use: list[str] = []


def sealed_tables() -> list[sa.Table]:
    """List the tables that may hold sealed texts: those of tenants that keep settings."""
    return [t for t in metadata.sorted_tables if COLUMN in t.c and "account_id" in t.c]


async def rotate(
    database: Database, account_ids: Sequence[int], *, done: Callable[[str], None] = lambda _: None
) -> Rotated:
    """Encrypt anew what is encrypted with any key but the first; safe on a live system and to repeat.

    Each table of each account is one unit of work, told to `done`. Keys that nothing is encrypted with any more are
    forgotten, unless some process used one since this began. Raises SecretKeyError without a key.
    """
    found = Rotated()
    async with database.connection() as connection:
        began = await connection.fetchval(_NOW)
        first = vault_of(connection).first_key_id
    for account_id in account_ids:
        for table in sealed_tables():
            async with database.unit_of_work() as connection:
                await _renew(connection, table, account_id, found)
            done(table.name)
    async with database.unit_of_work() as connection:
        if found.renewed:
            await note_use(connection)
        if not found.unreadable:
            await connection.fetch(_FORGET, first, began)
        found.keys_in_use = [row["key_id"] for row in await connection.fetch(_OTHERS, first)]
    return found


async def _renew(connection: Connection, table: sa.Table, account_id: int, found: Rotated) -> None:
    vault = vault_of(connection)
    document = sa.cast(table.c[COLUMN], sa.Text)
    own = [column for column in table.primary_key.columns if column.name != "account_id"]
    rows = await fetch(
        connection,
        sa.select(*own, table.c[COLUMN])
        .where(table.c.account_id == account_id, document.contains(f'"{PREFIX}', autoescape=True))
        .order_by(*own)
        .with_for_update(),
    )
    for row in rows:
        renewal = _Renewal(vault, account_id, table.name)
        try:
            settings = renewal.of(row[COLUMN])
        except SecretKeyError as error:
            found.unreadable.append(f"{table.name} {_name(row, own)} of account {account_id}: {error}")
            continue
        if renewal.count:
            same = [column == row[column.name] for column in own]
            await execute(
                connection,
                sa.update(table).where(table.c.account_id == account_id, *same).values({COLUMN: settings}),
            )
            found.renewed += renewal.count


class _Renewal:
    """Goes through one document and counts what it encrypts anew."""

    def __init__(self, vault: Vault, account_id: int, kind: str) -> None:
        self._vault = vault
        self._bound_to = (account_id, kind)
        self._current = f"{PREFIX}{vault.first_key_id}:"
        self.count = 0

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.of(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.of(entry) for entry in value]
        if not isinstance(value, str) or not value.startswith(PREFIX) or value.startswith(self._current):
            return value
        self.count += 1
        return self._vault.seal(self._vault.open(value, *self._bound_to), *self._bound_to)


def _name(row: Row, own: Sequence[sa.Column[Any]]) -> str:
    return " ".join(str(row[column.name]) for column in own)
