"""The background work of reports: folding deltas into hours."""

from leadyard.reports import service
from leadyard.storage.database import Database
from leadyard.storage.tables.operators import accounts


async def fold_all(database: Database, most: int = service.FOLD_MOST) -> int:
    """Fold what every account has at the start, in units of work of at most `most` deltas; gives how many."""
    return sum([await _fold_account(database, row["id"], most) for row in await database.fetch(_ACCOUNTS)])


async def _fold_account(database: Database, account_id: int, most: int) -> int:
    total = 0
    while True:
        async with database.unit_of_work() as connection:
            # A fold that a crash forgets is simply done again, so it need not wait for the disk.
            await connection.execute("SET LOCAL synchronous_commit = off")
            moved = await service.fold(connection, account_id, most)
        total += moved
        if moved < most:
            return total


_ACCOUNTS = accounts.select().with_only_columns(accounts.c.id).order_by(accounts.c.id)
