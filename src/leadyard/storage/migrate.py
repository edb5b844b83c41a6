"""Brings a database to the current schema: safe to run twice, at once, and on a live system."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x6C656164


def configuration() -> Config:
    """Describe our migrations to Alembic."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(dsn: str) -> None:
    """Run every migration that the database lacks; one process at a time, the others wait."""
    asyncio.run(upgrade_async(dsn))


async def upgrade_async(dsn: str) -> None:
    """Do the same inside a running event loop."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=_creator(dsn))
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: SyncConnection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _creator(dsn: str) -> Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]:
    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(dsn)

    return connect
