"""The version of an account's set-up, by which every process notices a change."""

from leadyard.storage.database import Connection


async def version(connection: Connection, account_id: int) -> int:
    """Give the version of an account's set-up; 0 before the first change."""
    found = await connection.fetchval("SELECT version FROM config_versions WHERE account_id = $1", account_id)
    return int(found or 0)


async def bump_version(connection: Connection, account_id: int) -> int:
    """Give the set-up its next version.

    The row stays locked until the unit of work ends, so the changes of one account come one after another:
    what a change has checked is still so when it commits.
    """
    return int(
        await connection.fetchval(
            "INSERT INTO config_versions (account_id, version) VALUES ($1, 1)"
            " ON CONFLICT (account_id) DO UPDATE SET version = config_versions.version + 1 RETURNING version",
            account_id,
        )
    )
