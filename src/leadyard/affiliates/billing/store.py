"""The statements of billing systems."""

from typing import Any

from leadyard.storage.database import Connection

_FIND = "SELECT settings FROM billing_providers WHERE account_id = $1 AND name = $2"
_PUT = """
INSERT INTO billing_providers (account_id, name, settings) VALUES ($1, $2, $3)
ON CONFLICT (account_id, name) DO UPDATE SET settings = excluded.settings, updated_at = now()
"""


async def find(connection: Connection, account_id: int, name: str) -> Any:
    """Give the stored settings, sealed; None where nothing is set."""
    return await connection.fetchval(_FIND, account_id, name)


async def put(connection: Connection, account_id: int, name: str, document: Any) -> None:
    """Write the settings, sealed by the caller."""
    await connection.execute(_PUT, account_id, name, document)
