"""Rows with secrets: what is written to a table is sealed, what is read from it is opened.

The type of the document says which texts are secrets (`kit.masking.SecretText`); the name of the table is the kind
that they are bound to. Documents stand in columns called `settings`, where the rotation of keys looks for them.
"""

from typing import Any, TypeVar

import msgspec

from leadyard.kit.masking import changed
from leadyard.storage.database import Connection, Database, vault_of
from leadyard.storage.vault import SecretKeyError, missing_key

T = TypeVar("T")

_USE = """
INSERT INTO secret_keys (key_id) VALUES ($1) ON CONFLICT (key_id) DO UPDATE SET used_at = now()
"""
_IS_THERE = "SELECT to_regclass('secret_keys') IS NOT NULL"
_USED = "SELECT key_id FROM secret_keys ORDER BY key_id"


async def sealed(connection: Connection, account_id: int, table: str, value: Any) -> Any:
    """Give the JSON form of a Struct for a table, its secrets encrypted; what is no Struct stays as it is.

    Raises SecretKeyError when there is a secret and no key.
    """
    if not isinstance(value, msgspec.Struct):
        return value
    vault = vault_of(connection)
    count = 0

    def seal(text: str) -> str:
        nonlocal count
        count += 1
        return vault.seal(text, account_id, table)

    document = changed(msgspec.to_builtins(value), type(value), seal)
    if count:
        await note_use(connection)
    return document


async def note_use(connection: Connection) -> None:
    """Note in the caller's unit of work that something is encrypted with the process's first key."""
    await connection.execute(_USE, vault_of(connection).first_key_id)


def opened(connection: Connection, account_id: int, table: str, document: Any, kind: Any) -> Any:
    """Give a stored document of a type with its secrets decrypted; raises SecretKeyError."""
    vault = vault_of(connection)
    return changed(document, kind, lambda text: vault.open(text, account_id, table))


def read_opened(connection: Connection, account_id: int, table: str, document: Any, kind: type[T]) -> T:
    """Turn a stored document into its Struct, secrets decrypted; raises SecretKeyError."""
    return msgspec.convert(opened(connection, account_id, table, document, kind), kind)


async def require_known_keys(database: Database) -> None:
    """Raise SecretKeyError when secrets in the database are encrypted with a key that this process lacks."""
    async with database.connection() as connection:
        # A process may be started before the database was ever migrated; then there are no secrets either.
        is_there = await connection.fetchval(_IS_THERE)
        used = [row["key_id"] for row in await connection.fetch(_USED)] if is_there else []
        known = vault_of(connection).key_ids
    for key_id in used:
        if key_id not in known:
            raise SecretKeyError(missing_key(key_id))
