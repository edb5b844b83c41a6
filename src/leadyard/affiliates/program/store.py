"""The row of an account's affiliate programme."""

from typing import Any

from leadyard.affiliates.model import Program
from leadyard.storage.database import Connection

_FIND = "SELECT settings FROM affiliate_programs WHERE account_id = $1"
_LOCK = """
INSERT INTO affiliate_programs (account_id, settings) VALUES ($1, '{}')
ON CONFLICT (account_id) DO UPDATE SET updated_at = now() RETURNING settings
"""
_SAVE = "UPDATE affiliate_programs SET settings = $2, updated_at = now() WHERE account_id = $1"


async def find(connection: Connection, account_id: int) -> Any:
    """Give the settings as they are stored; None where nobody has made any."""
    return await connection.fetchval(_FIND, account_id)


async def lock(connection: Connection, account_id: int) -> Any:
    """Give the settings as they are stored, kept from others until the unit of work ends."""
    return await connection.fetchval(_LOCK, account_id)


async def save(connection: Connection, account_id: int, program: Program) -> None:
    """Overwrite the settings, whose row is locked."""
    await connection.execute(_SAVE, account_id, program)
