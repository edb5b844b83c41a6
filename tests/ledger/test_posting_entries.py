"""Posting to the ledger in the caller's unit of work, and reading it back."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from leadyard.ledger.model import Book, Entry, EntryKind, UnbalancedEntryError, cost, made, returned, sold
from leadyard.ledger.service import Ledger, ReservedEntries, TooFewIdsError, balance, entries_of_lead
from leadyard.storage.database import Database

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def sale(account_id: int = 1, lead_id: int = 5, revenue: int = 25_000_000) -> Entry:
    entry = sold(
        account_id,
        NOW,
        lead_id,
        buyer_id=4,
        supplier_id=2,
        revenue=revenue,
        payout=3_750_000,
        currency="GBP",
        memo="delivery 7",
    )
    assert entry is not None
    return entry


async def posted(database: Database, entries: list[Entry]) -> ReservedEntries:
    ledger = Ledger(database)
    reserved = await ledger.reserve(entries)
    async with database.unit_of_work() as connection:
        await ledger.post(connection, reserved)
    return reserved


async def test_entries_come_back_as_they_were_posted(database: Database) -> None:
    back = returned(
        1, NOW, 5, buyer_id=4, supplier_id=2, revenue=25_000_000, payout=0, currency="GBP", memo="DNCC"
    )
    check = cost(1, EntryKind.VALIDATION_COST, NOW, 5, amount=500, currency="GBP", memo="hlr", provider_id=3)
    entries = made([sale(), back, check])
    await posted(database, [*entries, sale(lead_id=6), sale(account_id=2)])
    async with database.connection() as connection:
        assert await entries_of_lead(connection, 1, 5) == entries
        assert await entries_of_lead(connection, 2, 6) == []


async def test_a_balance_is_the_sum_of_one_account_book_party_and_currency(database: Database) -> None:
    await posted(database, [sale(lead_id=lead) for lead in range(3)] + [sale(account_id=2)])
    async with database.connection() as connection:
        assert await balance(connection, 1, Book.BUYER, 4, "GBP") == 75_000_000
        assert await balance(connection, 1, Book.REVENUE, 4, "GBP") == -75_000_000
        assert await balance(connection, 1, Book.SUPPLIER, 2, "GBP") == -11_250_000
        assert await balance(connection, 1, Book.BUYER, 4, "EUR") == 0
        assert await balance(connection, 1, Book.BUYER, 5, "GBP") == 0


async def test_hundreds_of_entries_of_several_accounts_are_posted_at_once(database: Database) -> None:
    entries = [sale(account_id=1 + number % 3, lead_id=number) for number in range(600)]
    reserved = await posted(database, entries)
    assert (
        len({(entry.account_id, number) for entry, number in zip(entries, reserved.ids, strict=True)}) == 600
    )
    async with database.connection() as connection:
        for account_id in (1, 2, 3):
            assert await balance(connection, account_id, Book.BUYER, 4, "GBP") == 200 * 25_000_000


async def test_nothing_is_posted_when_the_unit_of_work_fails(database: Database) -> None:
    ledger = Ledger(database)
    reserved = await ledger.reserve([sale()])

    async def fail() -> None:
        async with database.unit_of_work() as connection:
            await ledger.post(connection, reserved)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.connection() as connection:
        assert await entries_of_lead(connection, 1, 5) == []
        assert await balance(connection, 1, Book.BUYER, 4, "GBP") == 0


async def test_an_unbalanced_entry_is_refused_before_anything_is_reserved(database: Database) -> None:
    good = sale()
    bad = msgspec.structs.replace(good, postings=good.postings[:1])
    with pytest.raises(UnbalancedEntryError):
        await Ledger(database).reserve([good, bad])
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM id_counters") == 0


async def test_entries_known_only_inside_the_unit_of_work_take_ids_reserved_before(
    database: Database,
) -> None:
    ledger = Ledger(database)
    ids = await ledger.reserve_ids({1: 2, 2: 1, 3: 0})
    async with database.unit_of_work() as connection:
        await ledger.post(connection, ids.number([sale(), sale(account_id=2)]))
    async with database.connection() as connection:
        assert len(await entries_of_lead(connection, 1, 5)) == 1
        assert len(await entries_of_lead(connection, 2, 5)) == 1
    with pytest.raises(TooFewIdsError):
        ids.number([sale(), sale(), sale()])
    with pytest.raises(TooFewIdsError):
        ids.number([sale(account_id=3)])
    with pytest.raises(UnbalancedEntryError):
        ids.number([msgspec.structs.replace(sale(), postings=())])


async def test_posting_nothing_does_nothing(database: Database) -> None:
    assert (await posted(database, [])).entries == ()


async def test_posting_at_once_from_a_small_pool_neither_waits_for_ever_nor_repeats_an_id(dsn: str) -> None:
    database = Database(dsn, size=2)
    await database.open()
    try:
        ledger = Ledger(database)

        async def post(first: int) -> None:
            for lead in range(first, first + 10):
                reserved = await ledger.reserve([sale(lead_id=lead)])
                async with database.unit_of_work() as connection:
                    await ledger.post(connection, reserved)

        await asyncio.gather(*(post(first) for first in range(0, 80, 10)))
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM ledger_entries") == 80
    finally:
        await database.close()
