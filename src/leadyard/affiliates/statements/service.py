"""Statements from the ledger: opening balance, what moved it, closing balance, for each currency."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.statements import store
from leadyard.affiliates.statements.model import CurrencyStatement, Line, LineKind, PeriodStatement
from leadyard.exports.model import Column, Kind, plain
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.kit.money import from_micros
from leadyard.ledger.model import EntryKind
from leadyard.storage.database import Connection, Row

MOST_LINES = 50_000
_KINDS = {
    EntryKind.COMMISSION_EARNED: LineKind.EARNED,
    EntryKind.COMMISSION_CHANGED: LineKind.CHANGED,
    EntryKind.COMMISSION_CANCELLED: LineKind.CANCELLED,
    EntryKind.COMMISSION_PAID: LineKind.PAID,
}

COLUMNS: Sequence[Column] = (
    plain("currency"),
    plain("at", Kind.MOMENT),
    plain("kind"),
    plain("amount", Kind.DECIMAL),
    plain("balance", Kind.DECIMAL),
    plain("memo"),
    plain("commission_id", Kind.NUMBER),
    plain("payout_id", Kind.NUMBER),
    plain("purchase_id", Kind.NUMBER),
    plain("lead_id", Kind.NUMBER),
)
"""The columns of a statement as a file."""


async def statement(
    connection: Connection, account_id: int, affiliate_id: int, start: datetime | None, end: datetime | None
) -> PeriodStatement:
    """Give an affiliate's statement from an instant (its beginning when None) to before another (now when None).

    Raises NotFoundError, and InvalidInputError for a period that ends before it begins or has too many lines.
    """
    affiliate = await affiliates.read(connection, account_id, affiliate_id)
    until = clock.now() if end is None else end
    if start is not None and start > until:
        raise InvalidInputError.of("to", "is before from")
    opening = await store.opening(connection, account_id, affiliate.id, start)
    rows = await store.lines(connection, account_id, affiliate.id, start, until, MOST_LINES + 1)
    if len(rows) > MOST_LINES:
        raise InvalidInputError.of("from", f"gives more than {MOST_LINES} lines: choose a shorter period")
    by_currency: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_currency[row["currency"]].append(row)
    found = sorted({*by_currency, *(currency for currency, amount in opening.items() if amount)})
    return PeriodStatement(
        affiliate_id=affiliate.id,
        email=affiliate.email,
        start=start,
        end=until,
        currencies=tuple(_of_currency(one, opening.get(one, 0), by_currency[one]) for one in found),
    )


def rows_of(found: PeriodStatement) -> list[dict[str, object]]:
    """Write a statement as the rows of a file: of each currency an opening, its lines and a closing."""
    rows: list[dict[str, object]] = []
    empty = dict.fromkeys(column.name for column in COLUMNS)
    for one in found.currencies:
        frame = {**empty, "currency": one.currency}
        rows.append({**frame, "at": found.start, "kind": "opening", "balance": one.opening})
        rows += (
            {**frame, **{name: getattr(line, name) for name in empty if name != "currency"}}
            for line in one.lines
        )
        rows.append({**frame, "at": found.end, "kind": "closing", "balance": one.closing})
    return rows


def _of_currency(currency: str, opening: int, rows: Sequence[Row]) -> CurrencyStatement:
    balance, lines = opening, []
    sums = {"earned": 0, "lost": 0, "paid": 0}
    for row in rows:
        amount = int(row["amount"])
        balance += amount
        kind = _kind(row["kind"], amount)
        sums["paid" if kind is LineKind.PAID else "earned" if amount > 0 else "lost"] += amount
        lines.append(
            Line(
                at=row["at"], kind=kind, amount=from_micros(amount), balance=from_micros(balance), memo=row["memo"],
                commission_id=row["commission_id"], payout_id=row["payout_id"], purchase_id=row["purchase_id"],
                lead_id=row["lead_id"],
            )
        )  # fmt: skip
    return CurrencyStatement(
        currency=currency,
        opening=from_micros(opening),
        closing=from_micros(balance),
        lines=tuple(lines),
        **{name: from_micros(amount) for name, amount in sums.items()},
    )


def _kind(entry_kind: str, amount: int) -> LineKind:
    kind = _KINDS[EntryKind(entry_kind)]
    return LineKind.TAKEN_BACK if kind is LineKind.EARNED and amount < 0 else kind
