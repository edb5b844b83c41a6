"""The entries of buyers' credit: what was added, what a sale took of it, what came back."""

from datetime import datetime

from leadyard.ledger.credit.model import CreditKey
from leadyard.ledger.model import Book, Entry, EntryKind, Posting

TOPPED_UP = "automatic top-up"


def added(account_id: int, at: datetime, key: CreditKey, amount: int, memo: str) -> Entry:
    """Book credit that a buyer paid for; `amount` in micro-units, above 0."""
    postings = _postings(Book.PAYMENTS, Book.CREDIT, key, amount)
    return Entry(account_id, EntryKind.CREDIT_ADDED, at, None, memo, postings)


def taken(
    account_id: int, at: datetime, lead_id: int, key: CreditKey, amount: int, memo: str
) -> Entry | None:
    """Book what a sale took: the buyer owes so much less for the lead; None when it is nothing."""
    if not amount:
        return None
    postings = _postings(Book.CREDIT, Book.BUYER, key, amount)
    return Entry(account_id, EntryKind.CREDIT_TAKEN, at, lead_id, memo, postings)


def given_back(
    account_id: int, at: datetime, lead_id: int, key: CreditKey, amount: int, memo: str
) -> Entry | None:
    """Book what comes back to the buyer's credit with a lead; None when it is nothing."""
    if not amount:
        return None
    postings = _postings(Book.BUYER, Book.CREDIT, key, amount)
    return Entry(account_id, EntryKind.CREDIT_GIVEN_BACK, at, lead_id, memo, postings)


def _postings(debit: Book, credit: Book, key: CreditKey, amount: int) -> tuple[Posting, Posting]:
    return (
        Posting(debit, key.buyer_id, key.currency, amount),
        Posting(credit, key.buyer_id, key.currency, -amount),
    )
