"""The ledger's statements."""

from collections.abc import Sequence

from leadyard.ledger.model import SETTLEMENTS, Book, Entry, EntryKind, Posting
from leadyard.storage.arrays import BIGINT, SMALLINT, TEXT, TIMESTAMPTZ, Table
from leadyard.storage.database import Connection

_ENTRIES = Table(
    account_id=BIGINT, id=BIGINT, kind=TEXT, at=TIMESTAMPTZ, lead_id=BIGINT, memo=TEXT, commission_id=BIGINT
)
_POSTINGS = Table(
    account_id=BIGINT,
    entry_id=BIGINT,
    line=SMALLINT,
    book=TEXT,
    party_id=BIGINT,
    currency=TEXT,
    amount=BIGINT,
)

_POST = f"""
WITH entries AS (
    INSERT INTO ledger_entries (account_id, id, kind, at, lead_id, memo, commission_id)
    SELECT * FROM {_ENTRIES.source(1, "entry")}
)
INSERT INTO ledger_postings (account_id, entry_id, line, book, party_id, currency, amount)
SELECT * FROM {_POSTINGS.source(1 + len(_ENTRIES.names), "posting")}
"""

_ENTRIES_OF_LEAD = """
SELECT e.id, e.kind, e.at, e.lead_id, e.memo, p.book, p.party_id, p.currency, p.amount
FROM ledger_entries e
JOIN ledger_postings p ON p.account_id = e.account_id AND p.entry_id = e.id
WHERE e.account_id = $1 AND e.lead_id = $2
ORDER BY e.at, e.id, p.line
"""

_CHARGES = """
SELECT n.lead_id, p.party_id, sum(p.amount)::bigint AS amount
FROM ledger_entries n JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND n.lead_id = ANY($2::bigint[]) AND p.book = 'buyer'
  AND n.kind <> ALL($3::text[])
GROUP BY 1, 2 ORDER BY 1, 2
"""

_BALANCE = """
SELECT coalesce(sum(amount), 0) FROM ledger_postings
WHERE account_id = $1 AND book = $2 AND party_id = $3 AND currency = $4
"""


async def insert(connection: Connection, entries: Sequence[Entry], ids: Sequence[int]) -> None:
    """Write entries and their postings, of any number of accounts, in one statement."""
    numbered = list(zip(entries, ids, strict=True))
    postings = [
        (entry.account_id, entry_id, line, posting.book, posting.party_id, posting.currency, posting.amount)
        for entry, entry_id in numbered
        for line, posting in enumerate(entry.postings, 1)
    ]
    await connection.execute(
        _POST,
        *_ENTRIES.parameters(
            [(e.account_id, id_, e.kind, e.at, e.lead_id, e.memo, e.commission_id) for e, id_ in numbered]
        ),
        *_POSTINGS.parameters(postings),
    )


async def entries_of_lead(connection: Connection, account_id: int, lead_id: int) -> list[Entry]:
    """Read what was booked for a lead, in the order of booking."""
    entries: dict[int, Entry] = {}
    for row in await connection.fetch(_ENTRIES_OF_LEAD, account_id, lead_id):
        posting = Posting(Book(row["book"]), row["party_id"], row["currency"], row["amount"])
        known = entries.get(row["id"])
        postings = (posting,) if known is None else (*known.postings, posting)
        entries[row["id"]] = Entry(
            account_id, EntryKind(row["kind"]), row["at"], row["lead_id"], row["memo"], postings
        )
    return list(entries.values())


async def balance(connection: Connection, account_id: int, book: Book, party_id: int, currency: str) -> int:
    """Sum one party's postings in one book, in micro-units."""
    return int(await connection.fetchval(_BALANCE, account_id, book, party_id, currency))


async def charges(
    connection: Connection, account_id: int, lead_ids: Sequence[int]
) -> dict[int, dict[int, int]]:
    """Sum what each buyer is charged for leads, in micro-units, by lead and buyer."""
    found: dict[int, dict[int, int]] = {}
    for row in await connection.fetch(_CHARGES, account_id, lead_ids, sorted(SETTLEMENTS)):
        found.setdefault(row["lead_id"], {})[row["party_id"]] = row["amount"]
    return found
