"""The statements of integrations."""

from typing import Any

from leadyard.storage.database import Connection

_FIND = "SELECT settings FROM integrations WHERE account_id = $1 AND name = $2"
_PUT = """
INSERT INTO integrations (account_id, name, settings) VALUES ($1, $2, $3)
ON CONFLICT (account_id, name) DO UPDATE SET settings = excluded.settings, updated_at = now()
"""
_DELETE = "DELETE FROM integrations WHERE account_id = $1 AND name = $2"


async def find(connection: Connection, account_id: int, name: str) -> Any:
    """Give the stored settings, sealed; None where nothing is set up."""
    return await connection.fetchval(_FIND, account_id, name)


async def put(connection: Connection, account_id: int, name: str, document: Any) -> None:
    """Write settings, sealed by the caller."""
    await connection.execute(_PUT, account_id, name, document)


async def delete(connection: Connection, account_id: int, name: str) -> bool:
    """Forget settings; True when there were any."""
    return str(await connection.execute(_DELETE, account_id, name)) == "DELETE 1"
