"""What is there and what is here after a move, side by side; the rule is pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from leadyard.affiliates.commissions.model import CommissionStatus, Sum
from leadyard.affiliates.moving import purchase_store, store
from leadyard.affiliates.moving.source import Source
from leadyard.affiliates.moving.wire import KINDS, Totals
from leadyard.affiliates.program import service as programs
from leadyard.kit import clock
from leadyard.kit.money import plain
from leadyard.storage.database import Database


class Line(msgspec.Struct, frozen=True):
    """One figure: what it is, there and here."""

    what: str
    there: Decimal
    here: Decimal

    @property
    def agrees(self) -> bool:
        """Tell whether both are the same."""
        return self.there == self.here


async def compare(database: Database, account_id: int, source: Source, name: str) -> list[Line]:
    """Count and sum there and here: rows of each resource, commissions by currency and status."""
    async with database.connection() as connection:
        counts = await store.counts(connection, account_id, name)
        program = await programs.read(connection, account_id)
        sums = await purchase_store.sums(connection, account_id, name, clock.now())
    lines = [
        Line(resource.value, Decimal(await source.count(resource)), Decimal(counts[resource]))
        for resource in KINDS
    ]
    for currency in sorted({one.currency for one in sums} | {program.currency}):
        lines += lines_of(currency, await source.totals(currency), sums)
    return lines


def lines_of(currency: str, there: Totals, sums: Iterable[Sum]) -> list[Line]:
    """Compare the commissions of a currency; LeadDyno's totals tell pending ones as what is left."""
    here = {one.status: one for one in sums if one.currency == currency}
    theirs: Mapping[CommissionStatus, Sequence[int | Decimal | None]] = {
        CommissionStatus.PENDING: (
            there.total_count - there.total_due_count - there.total_paid_count,
            there.total_cost - there.total_due_cost - there.total_paid_cost,
        ),
        CommissionStatus.DUE: (there.total_due_count, there.total_due_cost),
        CommissionStatus.PAID: (there.total_paid_count, there.total_paid_cost),
        CommissionStatus.CANCELLED: (there.total_cancelled_count, None),
    }
    lines = []
    for status, (count, amount) in theirs.items():
        found = here.get(status) or Sum(currency, status, 0, Decimal(0))
        lines.append(Line(f"{status} commissions, {currency}", Decimal(count or 0), Decimal(found.count)))
        if amount is not None:
            lines.append(Line(f"{status} commissions, sum in {currency}", Decimal(amount), found.amount))
    return lines


def differences(lines: Iterable[Line]) -> list[str]:
    """Name what differs."""
    return [
        f"{line.what}: {plain(line.there)} there, {plain(line.here)} here"
        for line in lines
        if not line.agrees
    ]
