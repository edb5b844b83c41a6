"""Entries and their postings: what each event books, in whole micro-units.

A debit is positive, a credit negative. The party of `buyer` and `revenue` postings is the buyer, of `payout`
and `supplier` postings the supplier, of `commission`, `affiliate` and `paid_out` postings the affiliate, of costs the provider; NOBODY stands for a party that the event lacks, so
that a lead's amounts always equal what the ledger holds for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from leadyard.kit.errors import LeadyardError

NOBODY = 0


class Book(StrEnum):
    """What a posting is about."""

    BUYER = "buyer"
    """What buyers owe us."""
    REVENUE = "revenue"
    PAYOUT = "payout"
    """The cost of what suppliers earn."""
    SUPPLIER = "supplier"
    """What we owe suppliers."""
    VALIDATION = "validation"
    EMAIL = "email"
    SMS = "sms"
    PROVIDERS = "providers"
    """What we owe those who validate leads and carry messages."""
    CREDIT = "credit"
    """What buyers have paid in advance and no sale has taken yet (a credit balance)."""
    PAYMENTS = "payments"
    """What buyers have paid us."""
    ADVERTISER = "advertiser"
    """What those owe on whose behalf messages are sent; the party is the message's push."""
    MESSAGES = "messages"
    """What messages earn."""
    COMMISSION = "commission"
    """The cost of what affiliates earn."""
    AFFILIATE = "affiliate"
    """What we owe affiliates, pending and due."""
    PAID_OUT = "paid_out"
    """What affiliates have been paid."""


class EntryKind(StrEnum):
    """The event that an entry records."""

    SOLD = "sold"
    PAYOUT_DUE = "payout_due"
    RETURNED = "returned"
    REASSIGNED = "reassigned"
    FINANCIALS_CHANGED = "financials_changed"
    VALIDATION_COST = "validation_cost"
    EMAIL_COST = "email_cost"
    SMS_COST = "sms_cost"
    CREDIT_ADDED = "credit_added"
    CREDIT_TAKEN = "credit_taken"
    CREDIT_GIVEN_BACK = "credit_given_back"
    CONVERSION = "conversion"
    COMMISSION_EARNED = "commission_earned"
    COMMISSION_CHANGED = "commission_changed"
    COMMISSION_CANCELLED = "commission_cancelled"
    COMMISSION_PAID = "commission_paid"


SETTLEMENTS = frozenset({EntryKind.CREDIT_TAKEN, EntryKind.CREDIT_GIVEN_BACK})
"""Entries that pay what a buyer owes for a lead out of its credit: they change no price."""

COST_BOOKS = {
    EntryKind.VALIDATION_COST: Book.VALIDATION,
    EntryKind.EMAIL_COST: Book.EMAIL,
    EntryKind.SMS_COST: Book.SMS,
}


class UnbalancedEntryError(LeadyardError):
    """An entry whose postings do not sum to zero in every currency, or that has none: a mistake of ours."""


class Posting(msgspec.Struct, frozen=True):
    """One line of an entry; `amount` in micro-units of `currency`."""

    book: Book
    party_id: int
    currency: str
    amount: int


class Entry(msgspec.Struct, frozen=True):
    """One event in one account; immutable once posted, corrected only by another entry."""

    account_id: int
    kind: EntryKind
    at: datetime
    lead_id: int | None
    memo: str
    postings: tuple[Posting, ...]
    commission_id: int | None = None


def check_balanced(entry: Entry) -> None:
    """Make sure that an entry may be posted; raises UnbalancedEntryError."""
    if not entry.postings:
        raise UnbalancedEntryError(f"the {entry.kind} entry of lead {entry.lead_id} has no postings")
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        sums[posting.currency] += posting.amount
    for currency, amount in sums.items():
        if amount:
            raise UnbalancedEntryError(
                f"the {entry.kind} entry of lead {entry.lead_id} is out of balance by {amount} micro-{currency}"
            )


def sold(
    account_id: int,
    at: datetime,
    lead_id: int,
    *,
    buyer_id: int,
    supplier_id: int | None,
    revenue: int,
    payout: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Book a sale: the buyer owes the revenue, the supplier is owed the payout; None when both are zero."""
    postings = (*_charge(buyer_id, revenue, currency), *_owe_supplier(supplier_id, payout, currency))
    return _entry(account_id, EntryKind.SOLD, at, lead_id, memo, postings)


def payout_due(
    account_id: int,
    at: datetime,
    lead_id: int,
    *,
    supplier_id: int | None,
    payout: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Book the payout of a lead that is billable as soon as it is valid (System Accept); None when it is zero."""
    postings = _owe_supplier(supplier_id, payout, currency)
    return _entry(account_id, EntryKind.PAYOUT_DUE, at, lead_id, memo, postings)


def given_back(
    account_id: int,
    kind: EntryKind,
    at: datetime,
    lead_id: int,
    *,
    charges: Mapping[int, int],
    supplier_id: int | None,
    payout: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Reverse what buyers (NOBODY included) were charged and as much payout as the supplier loses (0: none).

    `kind` is RETURNED or REASSIGNED; None when there is nothing to reverse.
    """
    reversed_ = [p for buyer_id, revenue in charges.items() for p in _charge(buyer_id, -revenue, currency)]
    postings = (*reversed_, *_owe_supplier(supplier_id, -payout, currency))
    return _entry(account_id, kind, at, lead_id, memo, postings)


def returned(
    account_id: int,
    at: datetime,
    lead_id: int,
    *,
    buyer_id: int,
    supplier_id: int | None,
    revenue: int,
    payout: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Reverse one buyer's revenue and as much payout as the supplier loses (0: none); None when both are zero."""
    return given_back(
        account_id,
        EntryKind.RETURNED,
        at,
        lead_id,
        charges={buyer_id: revenue},
        supplier_id=supplier_id,
        payout=payout,
        currency=currency,
        memo=memo,
    )


def financials_changed(
    account_id: int,
    at: datetime,
    lead_id: int,
    *,
    buyer_id: int | None,
    supplier_id: int | None,
    old_revenue: int,
    new_revenue: int,
    old_payout: int,
    new_payout: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Book the difference between a lead's old and new amounts; None when nothing changes."""
    postings = (
        *_charge(buyer_id, new_revenue - old_revenue, currency),
        *_owe_supplier(supplier_id, new_payout - old_payout, currency),
    )
    return _entry(account_id, EntryKind.FINANCIALS_CHANGED, at, lead_id, memo, postings)


def cost(
    account_id: int,
    kind: EntryKind,
    at: datetime,
    lead_id: int | None,
    *,
    amount: int,
    currency: str,
    memo: str,
    provider_id: int = NOBODY,
) -> Entry | None:
    """Book what a check or a message cost; `kind` is one of COST_BOOKS; None when the amount is zero."""
    postings = _pair(COST_BOOKS[kind], Book.PROVIDERS, provider_id, amount, currency)
    return _entry(account_id, kind, at, lead_id, memo, postings)


def conversion(
    account_id: int, at: datetime, lead_id: int, *, push_id: int, revenue: int, currency: str, memo: str
) -> Entry | None:
    """Book what a message earned by a conversion; None when it is nothing. Not part of the lead's own revenue."""
    postings = _pair(Book.ADVERTISER, Book.MESSAGES, push_id, revenue, currency)
    return _entry(account_id, EntryKind.CONVERSION, at, lead_id, memo, postings)


def commission(
    account_id: int,
    kind: EntryKind,
    at: datetime,
    commission_id: int,
    *,
    affiliate_id: int,
    amount: int,
    currency: str,
    lead_id: int | None,
    memo: str,
) -> Entry | None:
    """Book what an affiliate earns (COMMISSION_EARNED), the difference of a changed amount, or, with a negative
    amount, what it loses (COMMISSION_CANCELLED); None when it is nothing. A claw-back earns a negative amount.
    """
    postings = _pair(Book.COMMISSION, Book.AFFILIATE, affiliate_id, amount, currency)
    entry = _entry(account_id, kind, at, lead_id, memo, postings)
    return None if entry is None else msgspec.structs.replace(entry, commission_id=commission_id)


def commission_paid(
    account_id: int,
    at: datetime,
    commission_id: int,
    *,
    affiliate_id: int,
    amount: int,
    currency: str,
    memo: str,
) -> Entry | None:
    """Book that a commission was paid (a negative one: netted from what was paid); None when it is nothing."""
    postings = _pair(Book.AFFILIATE, Book.PAID_OUT, affiliate_id, amount, currency)
    entry = _entry(account_id, EntryKind.COMMISSION_PAID, at, None, memo, postings)
    return None if entry is None else msgspec.structs.replace(entry, commission_id=commission_id)


def made(entries: Iterable[Entry | None]) -> list[Entry]:
    """Keep the entries that book anything."""
    return [entry for entry in entries if entry is not None]


def _charge(buyer_id: int | None, revenue: int, currency: str) -> tuple[Posting, ...]:
    return _pair(Book.BUYER, Book.REVENUE, buyer_id, revenue, currency)


def _owe_supplier(supplier_id: int | None, payout: int, currency: str) -> tuple[Posting, ...]:
    return _pair(Book.PAYOUT, Book.SUPPLIER, supplier_id, payout, currency)


def _pair(debit: Book, credit: Book, party_id: int | None, amount: int, currency: str) -> tuple[Posting, ...]:
    if not amount:
        return ()
    party = NOBODY if party_id is None else party_id
    return Posting(debit, party, currency, amount), Posting(credit, party, currency, -amount)


def _entry(
    account_id: int,
    kind: EntryKind,
    at: datetime,
    lead_id: int | None,
    memo: str,
    postings: tuple[Posting, ...],
) -> Entry | None:
    return Entry(account_id, kind, at, lead_id, memo, postings) if postings else None
