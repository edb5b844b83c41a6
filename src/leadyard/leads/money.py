"""Changing what a lead earns and costs, with ledger and roll-ups, inside the caller's unit of work."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.affiliates.commissions.occasions import note_changed_revenue
from leadyard.campaigns.configuration import AccountSetup
from leadyard.identity.model import Principal
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.money import MAX_AMOUNT, from_micros, plain, to_micros
from leadyard.leads import events, store
from leadyard.leads.financials import Booking, NewAmounts, refusal, replaced, spent
from leadyard.leads.model import Lead
from leadyard.leads.outcomes import DONE, NO_COSTS, NOT_APPROVED, NOT_FOUND, limit_of
from leadyard.leads.store import StoredLead
from leadyard.ledger.model import COST_BOOKS, EntryKind, made
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.reports.model import Deltas
from leadyard.reports.service import write_deltas
from leadyard.storage.database import Connection

_MOST = to_micros(MAX_AMOUNT)


def require_amounts(setup: AccountSetup, wanted: NewAmounts) -> None:
    """Refuse a change without an amount, with a bad one or with an unknown buyer; raises InvalidInputError."""
    problems = [
        FieldProblem(name, f"must be from 0 to {MAX_AMOUNT}")
        for name, amount in (("payout", wanted.payout), ("revenue", wanted.revenue))
        if amount is not None and not 0 <= amount <= _MOST
    ]
    if wanted.payout is None and wanted.revenue is None:
        problems.append(FieldProblem("payout", "or revenue is required"))
    if wanted.buyer_id is not None and wanted.buyer_id not in setup.buyers:
        problems.append(FieldProblem("buyer_id", "is not a buyer"))
    if problems:
        raise InvalidInputError(problems)


def require_cost(kind: EntryKind, amount: int) -> None:
    """Refuse what is no cost; raises InvalidInputError."""
    if kind not in COST_BOOKS:
        raise InvalidInputError.of("kind", "is not a kind of cost")
    if not 0 < amount <= _MOST:
        raise InvalidInputError.of("amount", f"must be above 0, at most {MAX_AMOUNT}")


async def replace_amounts(
    connection: Connection,
    ledger: Ledger,
    ids: ReservedIds,
    principal: Principal,
    lead_ids: Sequence[int],
    wanted: NewAmounts,
    now: datetime,
) -> dict[int, str]:
    """Replace payout and revenue of sold leads; leads that are not sold keep theirs."""
    account_id = principal.account_id
    locked = await store.lock(connection, account_id, lead_ids, limit_of(principal))
    attempts = await store.attempts(connection, account_id, list(locked))
    reasons = {lead_id: _financials_refusal(locked.get(lead_id)) for lead_id in lead_ids}
    deltas = Deltas()
    bookings = [
        (stored.lead, replaced(stored.lead, stored.costs, wanted, attempts.get(lead_id, []), now, deltas))
        for lead_id, stored in locked.items()
        if reasons[lead_id] == DONE
    ]
    await _write(connection, ledger, ids, bookings, deltas)
    await note_changed_revenue(connection, account_id, [lead.id for lead, _ in bookings], now)
    details = {lead.id: _amounts(booking, lead.currency) for lead, booking in bookings}
    await events.record(connection, account_id, now, events.FINANCIALS_CHANGED, details, principal.actor)
    return reasons


async def book_cost(
    connection: Connection,
    ledger: Ledger,
    ids: ReservedIds,
    principal: Principal,
    lead_id: int,
    kind: EntryKind,
    amount: int,
    now: datetime,
    *,
    memo: str = "booked by hand",
) -> str:
    """Add to what checks or messages of a lead cost; a refused lead may have cost something too."""
    locked = await store.lock(connection, principal.account_id, [lead_id], limit_of(principal))
    if lead_id not in locked:
        return NOT_FOUND
    lead, deltas = locked[lead_id].lead, Deltas()
    if lead.is_test:
        return NO_COSTS
    booking = spent(lead, locked[lead_id].costs, kind, amount, now, deltas, memo)
    await _write(connection, ledger, ids, [(lead, booking)], deltas)
    detail = {lead.id: f"{kind.value} {plain(from_micros(amount))} {lead.currency}"}
    await events.record(connection, lead.account_id, now, events.COST_BOOKED, detail, principal.actor)
    return DONE


async def _write(
    connection: Connection,
    ledger: Ledger,
    ids: ReservedIds,
    bookings: Sequence[tuple[Lead, Booking]],
    deltas: Deltas,
) -> None:
    for lead, booking in bookings:
        await store.store_amounts(connection, lead, booking.payout, booking.revenue, booking.costs)
    await write_deltas(connection, deltas)
    entries = made(booking.entry for _, booking in bookings)
    await ledger.post(connection, ids.number(entries))


def _financials_refusal(stored: StoredLead | None) -> str:
    lead = None if stored is None else stored.lead
    return refusal(lead, not_found=NOT_FOUND, not_approved=NOT_APPROVED)


def _amounts(booking: Booking, currency: str) -> str:
    payout, revenue = plain(from_micros(booking.payout)), plain(from_micros(booking.revenue))
    return f"payout {payout}, revenue {revenue} {currency}"
