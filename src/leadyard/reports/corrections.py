"""Corrections: money of leads that was changed later, by returns and financial updates (LeadByte contract, 9.2).

A report over a window shows the money of the leads received in it as it stands now. Its adjusted columns add what
was booked inside the window on leads received before it; this is where that is kept and read.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from leadyard.ledger.model import Book, Entry, EntryKind
from leadyard.reports import correction_store as store
from leadyard.reports.correction_store import Change, CorrectionSums
from leadyard.reports.model import hour_of
from leadyard.reports.periods import Period
from leadyard.storage.database import Connection

__all__ = [
    "CORRECTING",
    "CorrectedLead",
    "CorrectionFilter",
    "CorrectionSums",
    "corrections",
    "fold_corrections",
    "has_corrections",
    "write_corrections",
]

CORRECTING = frozenset({EntryKind.RETURNED, EntryKind.FINANCIALS_CHANGED})
"""The entries that correct what was earned; a later sale or assignment is none."""

_HOUR = timedelta(hours=1)


class CorrectedLead(msgspec.Struct, frozen=True):
    """What reports must know of a lead whose money changed."""

    id: int
    campaign_id: int | None
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: int
    received_at: datetime


class CorrectionFilter(msgspec.Struct, frozen=True):
    """Which leads' corrections are summed; None leaves a choice open, supplier 0 stands for leads without one."""

    campaign_ids: tuple[int, ...] | None = None
    supplier_ids: tuple[int, ...] | None = None
    channels: tuple[int, ...] | None = None


async def write_corrections(
    connection: Connection, entries: Iterable[Entry], leads: Iterable[CorrectedLead]
) -> None:
    """Append what correcting entries change, inside the caller's unit of work; other entries change nothing."""
    known = {lead.id: lead for lead in leads}
    changes = [
        _change(entry, known[entry.lead_id])
        for entry in entries
        if entry.kind in CORRECTING and entry.lead_id is not None
    ]
    if changes:
        await store.write(connection, changes)


def _change(entry: Entry, lead: CorrectedLead) -> Change:
    return Change(
        entry.account_id,
        hour_of(entry.at),
        hour_of(lead.received_at),
        lead.campaign_id or 0,
        lead.supplier_id or 0,
        lead.sub_supplier_id or 0,
        int(lead.channel),
        sum(posting.amount for posting in entry.postings if posting.book is Book.PAYOUT),
        -sum(posting.amount for posting in entry.postings if posting.book is Book.REVENUE),
    )


async def has_corrections(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has corrections to fold."""
    return await store.has_deltas(connection, account_id)


async def fold_corrections(connection: Connection, account_id: int, most: int) -> int:
    """Move up to `most` corrections into their hours; the caller holds the account's fold lock."""
    return await store.fold(connection, account_id, most)


async def corrections(
    connection: Connection, account_id: int, period: Period, wanted: CorrectionFilter
) -> Sequence[CorrectionSums]:
    """Sum what was booked inside a window on leads received before it, per campaign, supplier, sub-supplier, currency.

    Amounts are signed micro-units to add to the window's own payout and revenue. Whole hours come from roll-ups
    and deltas not folded yet, the rest from the ledger, in one statement and so from one snapshot.
    """
    first, last = hour_of(period.start - timedelta(microseconds=1)) + _HOUR, hour_of(period.end)
    if first >= last:
        first = last = period.end
    return await store.sums(
        connection,
        account_id,
        store.Window(period.start, period.end, first, last, hour_of(period.start)),
        wanted.campaign_ids,
        wanted.supplier_ids,
        wanted.channels,
    )
