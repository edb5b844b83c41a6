"""Posting to the ledger and reading it back.

Ids are reserved before the unit of work begins: claiming them inside it would hold the counter's row until the
commit, and claiming them on a second connection while holding one could empty a small pool.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from leadyard.kit.errors import LeadyardError
from leadyard.ledger import store
from leadyard.ledger.model import Book, Entry, check_balanced
from leadyard.storage.counters import IdBlocks, take_ids
from leadyard.storage.database import Connection, Database


class TooFewIdsError(LeadyardError):
    """More entries were to be numbered than ids had been reserved for: a mistake of ours."""


class ReservedEntries(msgspec.Struct, frozen=True):
    """Balanced entries and the id of each."""

    entries: tuple[Entry, ...]
    ids: tuple[int, ...]


class ReservedIds(msgspec.Struct, frozen=True):
    """Ids per account for entries that are known only inside the unit of work; unused ones leave a gap."""

    by_account: Mapping[int, range]

    def number(self, entries: Sequence[Entry]) -> ReservedEntries:
        """Give each entry its id; raises UnbalancedEntryError and TooFewIdsError."""
        used: Counter[int] = Counter()
        ids = []
        for entry in entries:
            check_balanced(entry)
            free = self.by_account.get(entry.account_id, range(0))
            if used[entry.account_id] >= len(free):
                raise TooFewIdsError(f"account {entry.account_id} has more entries than reserved ids")
            ids.append(free[used[entry.account_id]])
            used[entry.account_id] += 1
        return ReservedEntries(tuple(entries), tuple(ids))


class Ledger:
    """The ledger of every account; one per process."""

    def __init__(self, database: Database) -> None:
        """Take ids from this database in blocks."""
        self._ids = IdBlocks(database, "ledger_entries")

    async def reserve_ids(self, counts: Mapping[int, int]) -> ReservedIds:
        """Reserve up to so many entries per account; call it before the unit of work begins."""
        return ReservedIds({account: await self._ids.take(account, n) for account, n in counts.items() if n})

    async def reserve(self, entries: Sequence[Entry]) -> ReservedEntries:
        """Check and number entries; call it before the unit of work begins; raises UnbalancedEntryError."""
        for entry in entries:
            check_balanced(entry)
        ids = await self.reserve_ids(Counter(entry.account_id for entry in entries))
        return ids.number(entries)

    async def post(self, connection: Connection, reserved: ReservedEntries) -> None:
        """Write reserved entries inside the caller's unit of work: one statement, or none when there are none."""
        if reserved.entries:
            await store.insert(connection, reserved.entries, reserved.ids)

    async def post_in(self, connection: Connection, account_id: int, entries: Sequence[Entry]) -> None:
        """Post entries of one account inside the caller's unit of work, numbered there: one that fails leaves a gap.

        For those whose number nobody can tell before the unit of work begins. Raises UnbalancedEntryError.
        """
        if entries:
            ids = await take_ids(connection, account_id, "ledger_entries", len(entries))
            await self.post(connection, ReservedIds({account_id: ids}).number(entries))


async def entries_of_lead(connection: Connection, account_id: int, lead_id: int) -> list[Entry]:
    """Read what was booked for a lead, in the order of booking."""
    return await store.entries_of_lead(connection, account_id, lead_id)


async def charges_of_leads(
    connection: Connection, account_id: int, lead_ids: Sequence[int]
) -> dict[int, dict[int, int]]:
    """Sum what each buyer (NOBODY: none was named) is charged for leads, in micro-units, by lead and buyer."""
    return await store.charges(connection, account_id, lead_ids)


async def balance(connection: Connection, account_id: int, book: Book, party_id: int, currency: str) -> int:
    """Sum one party's postings in one book: micro-units, debit positive."""
    return await store.balance(connection, account_id, book, party_id, currency)
