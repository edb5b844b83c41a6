"""Tells whether a database answers before anything else is begun with it."""

import asyncio
from urllib.parse import urlsplit

import asyncpg

from leadyard.kit.errors import UnavailableError

ANSWER_SECONDS = 10.0


def require_reachable(dsn: str) -> None:
    """Raise UnavailableError, without the password in it, when no connection to the database can be made."""
    try:
        asyncio.run(_connect(dsn))
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnavailableError(
            f"The database {_without_password(dsn)} cannot be reached: {error}."
        ) from error


def require_migrated(dsn: str) -> None:
    """Raise UnavailableError when a database that answers was never migrated."""
    if not asyncio.run(_is_migrated(dsn)):
        raise UnavailableError(
            f"The database {_without_password(dsn)} has no tables of Leadyard's: run `leadyard migrate` first."
        )


async def _connect(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=ANSWER_SECONDS)
    await connection.close()


async def _is_migrated(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn, timeout=ANSWER_SECONDS)
    try:
        return await connection.fetchval("SELECT to_regclass('alembic_version')") is not None
    finally:
        await connection.close()


def _without_password(dsn: str) -> str:
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return f"{place}{parts.path}" if place else parts.path.lstrip("/")
