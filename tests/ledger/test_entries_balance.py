"""Every builder makes balanced entries, for any amounts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.ledger.model import (
    COST_BOOKS,
    NOBODY,
    Book,
    Entry,
    EntryKind,
    Posting,
    UnbalancedEntryError,
    check_balanced,
    cost,
    financials_changed,
    made,
    payout_due,
    returned,
    sold,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
AMOUNTS = st.one_of(st.just(0), st.integers(-(10**20), 10**20), st.integers(-5, 5))
PARTIES = st.one_of(st.none(), st.integers(1, 10**9))


def sums(*entries: Entry | None) -> dict[tuple[Book, int], int]:
    """Sum postings per book and party, leaving out what comes to nothing."""
    found: dict[tuple[Book, int], int] = {}
    for entry in made(entries):
        check_balanced(entry)
        for posting in entry.postings:
            key = posting.book, posting.party_id
            found[key] = found.get(key, 0) + posting.amount
    return {key: amount for key, amount in found.items() if amount}


@settings(max_examples=200)
@given(revenue=AMOUNTS, payout=AMOUNTS, supplier=PARTIES)
def test_a_sale_and_its_full_return_come_to_nothing(revenue: int, payout: int, supplier: int | None) -> None:
    sale = sold(
        1, NOW, 5, buyer_id=4, supplier_id=supplier, revenue=revenue, payout=payout, currency="GBP", memo=""
    )
    back = returned(
        1, NOW, 5, buyer_id=4, supplier_id=supplier, revenue=revenue, payout=payout, currency="GBP", memo=""
    )
    expected = {
        (Book.BUYER, 4): revenue,
        (Book.REVENUE, 4): -revenue,
        (Book.PAYOUT, supplier or NOBODY): payout,
        (Book.SUPPLIER, supplier or NOBODY): -payout,
    }
    assert sums(sale) == {key: amount for key, amount in expected.items() if amount}
    assert sums(sale, back) == {}
    assert (sale is None) == (back is None) == (revenue == payout == 0)


@settings(max_examples=200)
@given(old=st.tuples(AMOUNTS, AMOUNTS), new=st.tuples(AMOUNTS, AMOUNTS), buyer=PARTIES)
def test_a_change_of_financials_leaves_the_new_amounts(
    old: tuple[int, int], new: tuple[int, int], buyer: int | None
) -> None:
    sale = sold(
        1, NOW, 5, buyer_id=buyer or 0, supplier_id=2, revenue=old[0], payout=old[1], currency="GBP", memo=""
    )
    change = financials_changed(
        1,
        NOW,
        5,
        buyer_id=buyer,
        supplier_id=2,
        old_revenue=old[0],
        new_revenue=new[0],
        old_payout=old[1],
        new_payout=new[1],
        currency="GBP",
        memo="",
    )
    direct = sold(
        1, NOW, 5, buyer_id=buyer or 0, supplier_id=2, revenue=new[0], payout=new[1], currency="GBP", memo=""
    )
    assert sums(sale, change) == sums(direct)
    assert (change is None) == (old == new)


@settings(max_examples=100)
@given(amount=AMOUNTS, kind=st.sampled_from(sorted(COST_BOOKS)), supplier=PARTIES)
def test_costs_and_payouts_balance(amount: int, kind: EntryKind, supplier: int | None) -> None:
    booked = cost(1, kind, NOW, None, amount=amount, currency="GBP", memo="", provider_id=3)
    due = payout_due(1, NOW, 5, supplier_id=supplier, payout=amount, currency="EUR", memo="")
    expected = {(COST_BOOKS[kind], 3): amount, (Book.PROVIDERS, 3): -amount}
    assert sums(booked) == {key: value for key, value in expected.items() if value}
    expected = {(Book.PAYOUT, supplier or NOBODY): amount, (Book.SUPPLIER, supplier or NOBODY): -amount}
    assert sums(due) == {key: value for key, value in expected.items() if value}


def test_only_costs_have_a_cost_book() -> None:
    with pytest.raises(KeyError):
        cost(1, EntryKind.SOLD, NOW, 5, amount=1, currency="GBP", memo="")


@pytest.mark.parametrize(
    ("postings", "message"),
    [
        ((), "has no postings"),
        ((Posting(Book.BUYER, 4, "GBP", 1),), "out of balance by 1 micro-GBP"),
        (
            (Posting(Book.BUYER, 4, "GBP", 1), Posting(Book.REVENUE, 4, "EUR", -1)),
            "out of balance by 1 micro-GBP",
        ),
    ],
)
def test_an_entry_that_does_not_balance_is_refused(postings: tuple[Posting, ...], message: str) -> None:
    with pytest.raises(UnbalancedEntryError, match=message):
        check_balanced(Entry(1, EntryKind.SOLD, NOW, 5, "", postings))
